/* Cells to Arrow's buffers, some rows of all columns after the other: so their text is
   fetched from afar once, and not for each column. */
#include <wasm_simd128.h>

#include "escapes.h"
#include "kernel.h"
#include "numbers.h"
#include "times.h"

/* Some rows; eight of them share a byte of bits. */
typedef struct {
    uint32_t from, rows;
} tile;

enum { TILE = 512 };

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

/* The bytes of all cells of a column together; an escape counts for what it is, and only
   JSON has any. */
static uint32_t bytes_in(const uint32_t *first, const uint32_t *last, uint32_t rows,
                         uint32_t less) {
    uint32_t size = 0;
    if (less) {
        for (uint32_t row = 0; row < rows; row++) size += last[row] - first[row];
        return size - rows * less;
    }
    for (uint32_t row = 0; row < rows; row++)
        size += first[row] == NO_CELL ? 0 : (last[row] & ~ESCAPED) - first[row];
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
                           uint32_t nothing, int32_t *restrict ends, byte *data,
                           byte *out) {
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
                          column *to, tile of, int32_t *ends, byte *out) {
    const byte *data = (const byte *)to->data;
    for (uint32_t row = 0; row < of.rows; row++) {
        ends[row] = out - data;
        if (first[row] == NO_CELL) {
            clear((byte *)to->valid, of.from + row);
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

static void begin_texts(cells where, uint32_t rows, uint32_t k, column *to) {
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    to->values = (uint32_t)take(4 * (rows + 1));
    to->data = (uint32_t)take(bytes_in(first, last, rows, where.less) + SLACK);
    *(int32_t *)to->values = 0;
}

static int texts(const byte *text, cells where, tile of, uint32_t k, column *to,
                 uint32_t nothing) {
    const uint32_t *first = where.at + k * where.step + of.from,
                   *last = first + where.width;
    int32_t *ends = (int32_t *)to->values + of.from;
    byte *data = (byte *)to->data, *out = data + to->size;
    if (where.less)
        out = as_they_stand(text, first, last, of.rows, where.less, nothing, ends, data,
                            out);
    else
        out = as_they_read(text, first, last, to, of, ends, out);
    if (!out) return 0;
    ends[of.rows] = out - data;
    to->size = out - data;
    if (nothing)
        to->nulls += empty_ones(ends, of.rows, (byte *)to->valid + of.from / 8);
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
                                                      seen *last, byte *values,
                                                      uint32_t row) {
    int truth;
    switch (kind) {
    case INT64: return int64(text, (int64_t *)values + row);
    case FLOAT64: return float64(text, (double *)values + row);
    case DECIMAL: return decimal(text, last, (int64_t *)values + 2 * row);
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

static inline __attribute__((always_inline)) int typed_as(uint32_t kind,
                                                          const byte *text, cells where,
                                                          tile of, uint32_t k,
                                                          column *to,
                                                          uint32_t nothing) {
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    const pattern *written = (const pattern *)to->written;
    byte *valid = (byte *)to->valid, *values = (byte *)to->values;
    seen last_one = {0, 0, 0};
    for (uint32_t row = of.from; row < of.from + of.rows; row++) {
        piece own = {text + first[row], text + last[row] - where.less};
        if (first[row] == NO_CELL || own.at == own.end ||
            (nothing == EMPTY_OR_SPACE && own.end - own.at == 1 && *own.at == ' ')) {
            clear(valid, row);
            blank(kind, values, row);
            to->nulls++;
        } else if (last[row] & ESCAPED ||
                   !fits(kind, own, written, &last_one, values, row))
            return 0;
    }
    return 1;
}

static void begin_typed(uint32_t rows, column *to) {
    to->size = bytes_of(to->kind, rows);
    to->values = (uint32_t)(to->kind == BOOLEAN ? bits_of(rows) : take(to->size));
}

static int typed(const byte *text, cells where, tile of, uint32_t k, column *to,
                 uint32_t nothing) {
#define AS(kind) \
    case kind: return typed_as(kind, text, where, of, k, to, nothing)
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

/* A text by its first and last eight bytes: all of it, up to sixteen. */
typedef struct {
    uint64_t first, last;
    piece text;
} word;

/* Without a branch, since lengths are as random as texts. */
static inline word word_of(piece text) {
    uint32_t size = (uint32_t)(text.end - text.at);
    uint64_t first = *(const uint64_t *)text.at, last = *(const uint64_t *)(text.end - 8);
    uint64_t own = size < 8 ? ~(~0ull << 8 * size) : ~0ull;
    return (word){first & own, size < 8 ? 0 : last, text};
}

static inline int is_same(const word *one, const word *other) {
    uint32_t size = (uint32_t)(one->text.end - one->text.at);
    return one->first == other->first && one->last == other->last &&
           size == (uint32_t)(other->text.end - other->text.at) &&
           (size <= 16 || same(one->text.at, other->text.at, size));
}

enum { NONE = 0xffff, MOST_CODES = 1024, SLOT_BITS = 12, SLOTS = 1 << SLOT_BITS };

static inline uint32_t slot_of(const word *it) {
    uint64_t size = (uint64_t)(it->text.end - it->text.at);
    uint64_t mixed = (it->first ^ (it->last + size) * 0x9e3779b97f4a7c15ull) *
                     0xff51afd7ed558ccdull;
    return (uint32_t)((mixed ^ mixed >> 32) * 0x9e3779b1u >> (32 - SLOT_BITS)) %
           SLOTS;
}

/* Texts, each once. */
static void coded_texts(const word *known, uint32_t count, uint32_t size, column *to) {
    int32_t *ends = take(4 * (count + 1));
    byte *data = take(size + SLACK), *out = data;
    for (uint32_t code = 0; code < count; code++) {
        ends[code] = out - data;
        piece text = known[code].text;
        copy(out, text.at, (uint32_t)(text.end - text.at));
        out += text.end - text.at;
    }
    ends[count] = out - data;
    to->ends = (uint32_t)ends;
    to->data = (uint32_t)data;
    to->size = size;
}

/* Decimals, each text of one once; 0 where a text is none. */
static int coded_decimals(const word *known, uint32_t count, column *to) {
    int64_t *values = take(16 * count);
    seen last = {0, 0, 0};
    for (uint32_t code = 0; code < count; code++)
        if (!decimal(known[code].text, &last, values + 2 * code)) return 0;
    to->data = (uint32_t)values;
    to->size = 16 * count;
    return 1;
}

/* Each text once, in order of appearance, and its number in each row. 0 where there are
   too many. */
static int coded(const byte *text, cells where, uint32_t rows, uint32_t k, column *to,
                 uint32_t nothing) {
    static uint16_t slots[SLOTS];
    static word known[MOST_CODES];
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    byte *valid = (byte *)to->valid;
    uint32_t *codes = take(4 * rows), count = 0, size = 0, nulls = 0;
    for (int slot = 0; slot < SLOTS; slot++) slots[slot] = NONE;
    for (uint32_t row = 0; row < rows; row++) {
        codes[row] = 0;
        piece own = {text + first[row], text + last[row] - where.less};
        uint32_t length = (uint32_t)(own.end - own.at);
        if (first[row] == NO_CELL || (!length && (nothing || to->kind != CODED)) ||
            (nothing == EMPTY_OR_SPACE && length == 1 && *own.at == ' ')) {
            clear(valid, row);
            nulls++;
            continue;
        }
        if (last[row] & ESCAPED) return 0;
        word it = word_of(own);
        uint32_t slot = slot_of(&it), code;
        while ((code = slots[slot]) != NONE && !is_same(&known[code], &it))
            slot = (slot + 1) % SLOTS;
        if (code == NONE) {
            if (count == MOST_CODES) return 0;
            code = count++;
            slots[slot] = (uint16_t)code;
            known[code] = it;
            size += length;
        }
        codes[row] = code;
    }
    to->nulls = nulls;
    to->values = (uint32_t)codes;
    to->count = count;
    if (to->kind == CODED_DECIMAL) return coded_decimals(known, count, to);
    coded_texts(known, count, size, to);
    return 1;
}

/* Room for a column. What is coded has a table to find texts in, which would not stay
   near either: it is written at once. 0 where that fails. */
static int begin(const byte *text, cells where, uint32_t rows, uint32_t k, column *to,
                 uint32_t nothing) {
    to->nulls = to->size = 0;
    to->valid = (uint32_t)bits_of(rows);
    switch (to->kind) {
    case CODED:
    case CODED_DECIMAL: return coded(text, where, rows, k, to, nothing);
    case TEXT: begin_texts(where, rows, k, to); return 1;
    default: begin_typed(rows, to); return 1;
    }
}

static int write(const byte *text, cells where, tile of, uint32_t k, column *to,
                 uint32_t nothing) {
    switch (to->kind) {
    case CODED:
    case CODED_DECIMAL: return 1;
    case TEXT: return texts(text, where, of, k, to, nothing);
    default: return typed(text, where, of, k, to, nothing);
    }
}

int32_t write_columns(const byte *text, cells where, uint32_t rows, column *to,
                      uint32_t columns, uint32_t nothing) {
    for (uint32_t k = 0; k < columns; k++)
        if (!begin(text, where, rows, k, &to[k], nothing)) return (int32_t)k;
    for (tile of = {0, 0}; of.from < rows; of.from += of.rows) {
        of.rows = rows - of.from < TILE ? rows - of.from : TILE;
        for (uint32_t k = 0; k < columns; k++)
            if (!write(text, where, of, k, &to[k], nothing)) return (int32_t)k;
    }
    return -1;
}
