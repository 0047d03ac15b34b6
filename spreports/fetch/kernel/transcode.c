/* Text of a charset of single bytes to UTF-8. */
#include <wasm_simd128.h>

#include "kernel.h"

enum { STEP = 16 };

/* The table holds for each byte its UTF-8, and in its highest byte how many bytes that
   is; 0 for a byte that the charset has no place for, which is DECLINED. */
WASM(transcode) int32_t transcode(void) {
    begin_block();
    const byte *text = (const byte *)the_job.text;
    const uint32_t *table = (const uint32_t *)the_job.table;
    uint32_t size = the_job.size;
    if (size > 0x10000000u) return DECLINED;
    byte *start = take(3 * size + SLACK), *out = start;
    for (uint32_t at = 0; at < size; at += STEP) {
        const byte *from = text + at;
        v128_t here = wasm_v128_load(from);
        uint32_t count = size - at < STEP ? size - at : STEP;
        uint32_t letters = (uint32_t)wasm_i8x16_bitmask(here) & ((1u << count) - 1);
        wasm_v128_store(out, here);
        out += count;
        /* each letter where it belongs, and what is behind it once more */
        for (; letters; letters &= letters - 1) {
            uint32_t behind = (uint32_t)__builtin_ctz(letters) + 1;
            uint32_t letter = table[from[behind - 1]];
            if (!letter) return DECLINED;
            byte *to = out - count + behind - 1;
            *(uint32_t *)to = letter;
            wasm_v128_store(to + (letter >> 24), wasm_v128_load(from + behind));
            out += (letter >> 24) - 1;
        }
    }
    the_job.made = (uint32_t)start;
    the_job.made_size = out - start;
    return 0;
}
