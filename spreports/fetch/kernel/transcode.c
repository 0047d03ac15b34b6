/* Text of a charset of single bytes to UTF-8. */
#include <wasm_simd128.h>

#include "kernel.h"

/* The table holds for each byte its UTF-8, and in its highest byte how many bytes that
   is; 0 for a byte that the charset has no place for, which is DECLINED. */
WASM(transcode) int32_t transcode(void) {
    begin_block();
    const byte *text = (const byte *)the_job.text;
    const uint32_t *table = (const uint32_t *)the_job.table;
    uint32_t size = the_job.size;
    if (size > 0x10000000u) return DECLINED;
    byte *start = take(3 * size + SLACK), *out = start;
    for (uint32_t at = 0; at < size;) {
        v128_t here = wasm_v128_load(text + at);
        uint32_t ascii = (uint32_t)__builtin_ctz(wasm_i8x16_bitmask(here) | 1u << 16);
        wasm_v128_store(out, here);
        if (ascii > size - at) ascii = size - at;
        out += ascii;
        at += ascii;
        for (; at < size && text[at] >= 0x80; at++) {
            uint32_t letter = table[text[at]];
            if (!letter) return DECLINED;
            *(uint32_t *)out = letter;
            out += letter >> 24;
        }
    }
    the_job.made = (uint32_t)start;
    the_job.made_size = out - start;
    return 0;
}
