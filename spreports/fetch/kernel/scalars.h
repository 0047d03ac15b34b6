/* JSON's scalars, and what stands between them: where they end, and that they are
   sound. */
#ifndef SPREPORTS_SCALARS_H
#define SPREPORTS_SCALARS_H

#include <wasm_simd128.h>

#include "kernel.h"

static int is_blank(byte letter) {
    return letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t';
}

static const byte *blanks(const byte *at, const byte *end) {
    while (at < end && is_blank(*at)) at++;
    return at;
}

/* Return what is behind a letter and the blanks around it, or NULL. */
static const byte *behind(byte letter, const byte *at, const byte *end) {
    at = blanks(at, end);
    return at < end && *at == letter ? blanks(at + 1, end) : 0;
}

/* Return where a string's inside ends, or NULL where it is none. */
static const byte *string(const byte *at, const byte *end, uint32_t *escaped) {
    v128_t quote = wasm_i8x16_splat('"'), slash = wasm_i8x16_splat('\\');
    v128_t least = wasm_i8x16_splat(0x20);
    *escaped = 0;
    while (at < end) {
        v128_t here = wasm_v128_load(at);
        uint32_t found = wasm_i8x16_bitmask(
            wasm_v128_or(wasm_v128_or(wasm_i8x16_eq(here, quote),
                                      wasm_i8x16_eq(here, slash)),
                         wasm_u8x16_lt(here, least)));
        if (!found) {
            at += 16;
            continue;
        }
        at += __builtin_ctz(found);
        if (at >= end || *at < 0x20) return 0;
        if (*at == '"') return at;
        *escaped = ESCAPED;
        at += 2;
    }
    return 0;
}

static const byte *digits(const byte *at, const byte *end) {
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at;
}

/* Return where a number ends, or NULL. Source: RFC 8259, section 6. */
static const byte *number(const byte *at, const byte *end) {
    at += at < end && *at == '-';
    const byte *first = at;
    at = digits(at, end);
    if (at == first || (*first == '0' && at > first + 1)) return 0;
    if (at < end && *at == '.') {
        first = ++at;
        at = digits(at, end);
        if (at == first) return 0;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        first = at;
        at = digits(at, end);
        if (at == first) return 0;
    }
    return at;
}

static const byte *word(const byte *at, const byte *end, const char *letters,
                        uint32_t size) {
    return (uint32_t)(end - at) >= size && same(at, (const byte *)letters, size)
               ? at + size
               : 0;
}

#endif
