/* What every kind of column needs of its buffers. */
#ifndef SPREPORTS_BUFFERS_H
#define SPREPORTS_BUFFERS_H

#include <wasm_simd128.h>

#include "kernel.h"

/* Some rows; eight of them share a byte of bits. */
typedef struct {
    uint32_t from, rows;
} tile;

/* Begin a column: room for bits, all of them set, until a null comes. */
static inline byte *bits_of(uint32_t rows) {
    uint32_t size = (rows + 7) / 8;
    byte *bits = take(size + 8);
    for (uint32_t at = 0; at < size; at += 8) *(uint64_t *)(bits + at) = ~0ull;
    return bits;
}

static inline void clear(byte *bits, uint32_t row) { bits[row >> 3] &= ~(1u << (row & 7)); }

/* Copies up to 15 bytes too many: the room behind is written next, or is slack. */
static inline void copy(byte *to, const byte *from, uint32_t size) {
    wasm_v128_store(to, wasm_v128_load(from));
    for (uint32_t at = 16; at < size; at += 16)
        wasm_v128_store(to + at, wasm_v128_load(from + at));
}

#endif
