/* Cells of flat files that stand in quotes. */
#ifndef SPREPORTS_ENCLOSED_H
#define SPREPORTS_ENCLOSED_H

#include <wasm_simd128.h>

#include "kernel.h"

/* A cell without the quotes around it. */
static inline piece opened(const byte *at, const byte *end) {
    int enclosed = end - at > 1 && *at == '"' && end[-1] == '"';
    return (piece){at + enclosed, end - enclosed};
}

static inline int has_quote(piece in) {
    while (in.at < in.end)
        if (*in.at++ == '"') return 1;
    return 0;
}

/* Copy a cell's inside, each two quotes as one. */
static byte *undoubled(piece from, byte *out) {
    v128_t quote = wasm_i8x16_splat('"');
    while (from.at < from.end) {
        v128_t here = wasm_v128_load(from.at);
        uint32_t found = wasm_i8x16_bitmask(wasm_i8x16_eq(here, quote));
        uint32_t step = found ? (uint32_t)__builtin_ctz(found) + 1 : 16;
        uint32_t left = (uint32_t)(from.end - from.at);
        wasm_v128_store(out, here);
        if (step > left) return out + left;
        out += step;
        from.at += step + (found != 0);
    }
    return out;
}

#endif
