/* Whether a text is UTF-8, 16 bytes at a time.

   Each byte is looked up with the one before it: in three tables, by that one's high and
   low half and by its own high half. A bit that all three have is a fault. What must be
   the third or fourth byte of a character is known from those two and three places
   before.

   Source: RFC 3629, section 4; Keiser and Lemire, "Validating UTF-8 In Less Than One
   Instruction Per Byte" (2020). */
#include <wasm_simd128.h>

#include "kernel.h"

enum { STEP = 16, GROUP = 64 };

enum {
    TOO_SHORT = 1,   /* a first byte, and no other one behind it */
    TOO_LONG = 2,    /* ASCII, and another byte behind it */
    OVERLONG_3 = 4,  /* E0 80 to 9F */
    TOO_LARGE = 8,   /* F4 90 and above */
    SURROGATE = 16,  /* ED A0 to BF */
    OVERLONG_2 = 32, /* C0 and C1 */
    FAR_OFF = 64,    /* F5 and above; and F0 80 to 8F, overlong */
    BOTH = 128,      /* two bytes that are not the first: right in longer characters */
    ANY = TOO_SHORT | TOO_LONG | BOTH
};

typedef struct {
    v128_t last, fault;
} state;

static inline v128_t table(const byte *values) { return wasm_v128_load(values); }

static const byte BEFORE_HIGH[STEP] = {
    TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
    BOTH, BOTH, BOTH, BOTH,
    TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | FAR_OFF};

static const byte BEFORE_LOW[STEP] = {
    ANY | OVERLONG_2 | OVERLONG_3 | FAR_OFF, ANY | OVERLONG_2, ANY, ANY,
    ANY | TOO_LARGE, ANY | TOO_LARGE | FAR_OFF, ANY | TOO_LARGE | FAR_OFF,
    ANY | TOO_LARGE | FAR_OFF, ANY | TOO_LARGE | FAR_OFF, ANY | TOO_LARGE | FAR_OFF,
    ANY | TOO_LARGE | FAR_OFF, ANY | TOO_LARGE | FAR_OFF, ANY | TOO_LARGE | FAR_OFF,
    ANY | TOO_LARGE | FAR_OFF | SURROGATE, ANY | TOO_LARGE | FAR_OFF,
    ANY | TOO_LARGE | FAR_OFF};

static const byte HIGH[STEP] = {
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
    TOO_SHORT,
    TOO_LONG | OVERLONG_2 | BOTH | OVERLONG_3 | FAR_OFF,
    TOO_LONG | OVERLONG_2 | BOTH | OVERLONG_3 | TOO_LARGE,
    TOO_LONG | OVERLONG_2 | BOTH | SURROGATE | TOO_LARGE,
    TOO_LONG | OVERLONG_2 | BOTH | SURROGATE | TOO_LARGE,
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT};

static inline void look(state *at, v128_t here) {
    v128_t low = wasm_i8x16_splat(0x0f), high = wasm_i8x16_splat((char)0x80);
    v128_t before = wasm_i8x16_shuffle(at->last, here, 15, 16, 17, 18, 19, 20, 21, 22, 23,
                                       24, 25, 26, 27, 28, 29, 30);
    v128_t second = wasm_i8x16_shuffle(at->last, here, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                                       23, 24, 25, 26, 27, 28, 29);
    v128_t third = wasm_i8x16_shuffle(at->last, here, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                      22, 23, 24, 25, 26, 27, 28);
    v128_t odd = wasm_v128_and(
        wasm_v128_and(
            wasm_i8x16_swizzle(table(BEFORE_HIGH), wasm_u8x16_shr(before, 4)),
            wasm_i8x16_swizzle(table(BEFORE_LOW), wasm_v128_and(before, low))),
        wasm_i8x16_swizzle(table(HIGH), wasm_u8x16_shr(here, 4)));
    /* BOTH is right, and only there, where a longer character goes on */
    v128_t longer = wasm_v128_or(
        wasm_u8x16_sub_sat(second, wasm_i8x16_splat(0xe0 - 0x80)),
        wasm_u8x16_sub_sat(third, wasm_i8x16_splat(0xf0 - 0x80)));
    at->fault =
        wasm_v128_or(at->fault, wasm_v128_xor(odd, wasm_v128_and(longer, high)));
    at->last = here;
}

/* 0 where the text is UTF-8 from its first to its last byte, else DECLINED. */
WASM(utf8) int32_t utf8(void) {
    const byte *text = (const byte *)the_job.text;
    uint32_t size = the_job.size, at = 0;
    state now = {wasm_i8x16_splat(0), wasm_i8x16_splat(0)};
    for (; size - at >= GROUP; at += GROUP) {
        v128_t some[4], all = now.last;
        for (int k = 0; k < 4; k++) {
            some[k] = wasm_v128_load(text + at + k * STEP);
            all = wasm_v128_or(all, some[k]);
        }
        if (!wasm_i8x16_bitmask(all)) continue; /* ASCII, and what was before it */
        for (int k = 0; k < 4; k++) look(&now, some[k]);
        if (wasm_v128_any_true(now.fault)) return DECLINED;
    }
    /* the rest, and zeros that end the last character; what lies behind is another text */
    byte *rest = (byte *)text + size;
    for (uint32_t k = 0; k < STEP; k += 8) *(uint64_t *)(rest + k) = 0;
    for (; at <= size; at += STEP) look(&now, wasm_v128_load(text + at));
    return wasm_v128_any_true(now.fault) ? DECLINED : 0;
}
