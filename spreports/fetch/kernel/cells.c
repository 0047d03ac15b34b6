/* Cells of one column to Arrow's buffers. */
#include <wasm_simd128.h>

#include "escapes.h"
#include "kernel.h"
#include "numbers.h"
#include "times.h"

/* Begin a column: room for bits, all of them set, until a null comes. */
static byte *bits_of(uint32_t rows) {
    uint32_t size = (rows + 7) / 8;
    byte *bits = take(size + 8);
    for (uint32_t at = 0; at < size; at += 8) *(uint64_t *)(bits + at) = ~0ull;
    return bits;
}

static void clear(byte *bits, uint32_t row) { bits[row >> 3] &= ~(1u << (row & 7)); }

/* Copies up to 15 bytes too many: the room behind is written next, or is slack. */
static void copy(byte *to, const byte *from, uint32_t size) {
    wasm_v128_store(to, wasm_v128_load(from));
    for (uint32_t at = 16; at < size; at += 16)
        wasm_v128_store(to + at, wasm_v128_load(from + at));
}

/* The bytes of all cells of a column together; an escape counts for what it is. */
static uint32_t bytes_in(const uint32_t *first, const uint32_t *last, uint32_t rows,
                         uint32_t less) {
    uint32_t size = 0;
    for (uint32_t row = 0; row < rows; row++)
        size += first[row] == NO_CELL ? 0 : (last[row] & ~ESCAPED) - first[row] - less;
    return size;
}

/* Set the bits of texts that are not empty; return how many are. */
static uint32_t empty_ones(const int32_t *ends, uint32_t rows, byte *valid) {
    uint32_t nulls = 0;
    for (uint32_t row = 0; row < rows; row += 8) {
        uint32_t bits = 0, here = rows - row < 8 ? rows - row : 8;
        for (uint32_t k = 0; k < here; k++)
            bits |= (uint32_t)(ends[row + k] != ends[row + k + 1]) << k;
        valid[row >> 3] = (byte)bits;
        nulls += here - (uint32_t)__builtin_popcount(bits);
    }
    return nulls;
}

/* Texts of a flat file, as they stand. */
static byte *as_they_stand(const byte *text, const uint32_t *restrict first,
                           const uint32_t *restrict last, uint32_t rows, uint32_t less,
                           uint32_t nothing, int32_t *restrict ends, byte *data) {
    byte *out = data;
    for (uint32_t row = 0; row < rows; row++) {
        const byte *from = text + first[row];
        uint32_t size = last[row] - first[row] - less;
        if (nothing == EMPTY_OR_SPACE && size == 1 && *from == ' ') size = 0;
        ends[row] = out - data;
        copy(out, from, size);
        out += size;
    }
    return out;
}

/* Texts of JSON strings; NULL where an escape is none. */
static byte *as_they_read(const byte *text, const uint32_t *first, const uint32_t *last,
                          column *to, uint32_t rows, int32_t *ends, byte *data) {
    byte *out = data;
    for (uint32_t row = 0; row < rows; row++) {
        ends[row] = out - data;
        if (first[row] == NO_CELL) {
            clear((byte *)to->valid, row);
            to->nulls++;
        } else if (last[row] & ESCAPED) {
            out = unescaped((piece){text + first[row], text + (last[row] & ~ESCAPED)},
                            out);
            if (!out) return 0;
        } else {
            copy(out, text + first[row], last[row] - first[row]);
            out += last[row] - first[row];
        }
    }
    return out;
}

static int texts(const byte *text, cells where, uint32_t rows, uint32_t k, column *to,
                 uint32_t nothing) {
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    int32_t *ends = take(4 * (rows + 1));
    byte *data = take(bytes_in(first, last, rows, where.less) + SLACK), *out;
    if (where.less)
        out = as_they_stand(text, first, last, rows, where.less, nothing, ends, data);
    else
        out = as_they_read(text, first, last, to, rows, ends, data);
    if (!out) return 0;
    ends[rows] = out - data;
    if (nothing) to->nulls = empty_ones(ends, rows, (byte *)to->valid);
    to->values = (uint32_t)ends;
    to->data = (uint32_t)data;
    to->size = out - data;
    return 1;
}

static uint32_t bytes_of(uint32_t kind, uint32_t rows) {
    switch (kind) {
    case DECIMAL: return 16 * rows;
    case BOOLEAN: return (rows + 7) / 8 + 8;
    case DATE: return 4 * rows;
    default: return 8 * rows;
    }
}

static inline __attribute__((always_inline)) int fits(uint32_t kind, piece text,
                                                      const pattern *written,
                                                      byte *values, uint32_t row) {
    int truth;
    switch (kind) {
    case INT64: return int64(text, (int64_t *)values + row);
    case FLOAT64: return float64(text, (double *)values + row);
    case DECIMAL: return decimal(text, (int64_t *)values + 2 * row);
    case DATE:
        return text.end - text.at == 10 && date(text.at, (int32_t *)values + row);
    case TIMESTAMP:
        return written ? by_pattern(text, written, (int64_t *)values + row)
                       : timestamp(text, (int64_t *)values + row);
    default:
        if (!boolean(text, &truth)) return 0;
        if (!truth) clear(values, row);
        return 1;
    }
}

/* Under a null stands 0, and nothing of an earlier block. */
static inline __attribute__((always_inline)) void blank(uint32_t kind, byte *values,
                                                        uint32_t row) {
    int64_t *wide = (int64_t *)values;
    if (kind == DECIMAL)
        wide[2 * row] = wide[2 * row + 1] = 0;
    else if (kind == DATE)
        ((int32_t *)values)[row] = 0;
    else if (kind == BOOLEAN)
        clear(values, row);
    else
        wide[row] = 0;
}

static inline __attribute__((always_inline)) int typed_as(
    uint32_t kind, const byte *text, cells where, uint32_t rows, uint32_t k, column *to,
    uint32_t nothing, byte *values) {
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    const pattern *written = (const pattern *)to->written;
    byte *valid = (byte *)to->valid;
    uint32_t nulls = 0;
    for (uint32_t row = 0; row < rows; row++) {
        piece own = {text + first[row], text + last[row] - where.less};
        if (first[row] == NO_CELL || own.at == own.end ||
            (nothing == EMPTY_OR_SPACE && own.end - own.at == 1 && *own.at == ' ')) {
            clear(valid, row);
            blank(kind, values, row);
            nulls++;
        } else if (last[row] & ESCAPED || !fits(kind, own, written, values, row))
            return 0;
    }
    to->nulls = nulls;
    return 1;
}

static int typed(const byte *text, cells where, uint32_t rows, uint32_t k, column *to,
                 uint32_t nothing) {
    byte *values = to->kind == BOOLEAN ? bits_of(rows) : take(bytes_of(to->kind, rows));
    to->values = (uint32_t)values;
    to->size = bytes_of(to->kind, rows);
#define AS(kind) \
    case kind: return typed_as(kind, text, where, rows, k, to, nothing, values)
    switch (to->kind) {
        AS(INT64);
        AS(FLOAT64);
        AS(DECIMAL);
        AS(BOOLEAN);
        AS(DATE);
        AS(TIMESTAMP);
    }
    return 0;
}

/* Two texts are most often told apart by their hashes alone; equal texts have equal
   ones. */
static uint32_t hash_of(const byte *at, uint32_t size) {
    uint64_t found = size * 0x9e3779b97f4a7c15ull;
    for (; size >= 8; at += 8, size -= 8)
        found = (found ^ *(const uint64_t *)at) * 0xff51afd7ed558ccdull, found ^= found >> 32;
    if (size) {
        uint64_t last = *(const uint64_t *)at & (~0ull >> (64 - 8 * size));
        found = (found ^ last) * 0xff51afd7ed558ccdull;
        found ^= found >> 32;
    }
    return (uint32_t)found;
}

enum { MOST_CODES = 1024, SLOTS = 4096 };

/* Each text once, in order of appearance, and its number in each row. 0 where there are
   too many. */
static int coded(const byte *text, cells where, uint32_t rows, uint32_t k, column *to,
                 uint32_t nothing) {
    static uint16_t slots[SLOTS];
    static uint32_t hashes[MOST_CODES];
    static piece known[MOST_CODES];
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    byte *valid = (byte *)to->valid;
    uint32_t *codes = take(4 * rows), count = 0, size = 0, nulls = 0;
    for (int slot = 0; slot < SLOTS; slot++) slots[slot] = 0xffff;
    for (uint32_t row = 0; row < rows; row++) {
        codes[row] = 0;
        piece own = {text + first[row], text + last[row] - where.less};
        uint32_t length = (uint32_t)(own.end - own.at);
        if (first[row] == NO_CELL || (nothing && !length) ||
            (nothing == EMPTY_OR_SPACE && length == 1 && *own.at == ' ')) {
            clear(valid, row);
            nulls++;
            continue;
        }
        if (last[row] & ESCAPED) return 0;
        uint32_t hash = hash_of(own.at, length), slot = hash % SLOTS, code;
        while ((code = slots[slot]) != 0xffff &&
               (hashes[code] != hash ||
                (uint32_t)(known[code].end - known[code].at) != length ||
                !same(known[code].at, own.at, length)))
            slot = (slot + 1) % SLOTS;
        if (code == 0xffff) {
            if (count == MOST_CODES) return 0;
            code = count++;
            slots[slot] = (uint16_t)code;
            hashes[code] = hash;
            known[code] = own;
            size += length;
        }
        codes[row] = code;
    }
    int32_t *ends = take(4 * (count + 1));
    byte *data = take(size + SLACK), *out = data;
    for (uint32_t code = 0; code < count; code++) {
        ends[code] = out - data;
        copy(out, known[code].at, (uint32_t)(known[code].end - known[code].at));
        out += known[code].end - known[code].at;
    }
    ends[count] = out - data;
    to->nulls = nulls;
    to->values = (uint32_t)codes;
    to->ends = (uint32_t)ends;
    to->data = (uint32_t)data;
    to->size = size;
    to->count = count;
    return 1;
}

static int write_column(const byte *text, cells where, uint32_t rows, uint32_t k,
                        column *to, uint32_t nothing) {
    switch (to->kind) {
    case TEXT: return texts(text, where, rows, k, to, nothing);
    case CODED: return coded(text, where, rows, k, to, nothing);
    default: return typed(text, where, rows, k, to, nothing);
    }
}

int32_t write_columns(const byte *text, cells where, uint32_t rows, column *to,
                      uint32_t columns, uint32_t nothing) {
    for (uint32_t k = 0; k < columns; k++) {
        to[k].nulls = to[k].size = 0;
        to[k].valid = (uint32_t)bits_of(rows);
        int all = write_column(text, where, rows, k, &to[k], nothing);
        if (!all) return (int32_t)k;
    }
    return -1;
}
