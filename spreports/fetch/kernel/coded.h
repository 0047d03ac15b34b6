/* Columns of few texts, or decimals, of flat files: each once, and its number in each
   row. */
#ifndef SPREPORTS_CODED_H
#define SPREPORTS_CODED_H

#include "buffers.h"
#include "enclosed.h"
#include "kernel.h"
#include "numbers.h"

/* A text by its first and last eight bytes: all of it, up to sixteen. */
typedef struct {
    uint64_t first, last;
    const byte *at;
    uint32_t size;
} word;

/* Without a branch, since lengths are as random as texts. */
static inline word word_of(const byte *at, uint32_t size) {
    uint64_t first = *(const uint64_t *)at, last = *(const uint64_t *)(at + size - 8);
    uint64_t own = size < 8 ? ~(~0ull << 8 * size) : ~0ull;
    return (word){first & own, size < 8 ? 0 : last, at, size};
}

static inline int is_same(const word *one, const word *other) {
    return one->first == other->first && one->last == other->last &&
           one->size == other->size &&
           (one->size <= 16 || same(one->at, other->at, one->size));
}

enum { NONE = 0xffff, MOST_CODES = 1024, SLOT_BITS = 11, SLOTS = 1 << SLOT_BITS };

/* Which texts a column has, each once, and where to find them by what they are. */
typedef struct {
    uint16_t slots[SLOTS];
    word known[MOST_CODES];
} texts_seen;

static inline uint32_t slot_of(const word *it) {
    uint64_t mixed = (it->first ^ (it->last + it->size) * 0x9e3779b97f4a7c15ull) *
                     0xff51afd7ed558ccdull;
    return (uint32_t)(mixed >> (64 - SLOT_BITS));
}

static void begin_coded(uint32_t rows, column *to) {
    texts_seen *found = take(sizeof *found);
    for (int slot = 0; slot < SLOTS; slot++) found->slots[slot] = NONE;
    to->values = (uint32_t)take(4 * rows);
    to->data = (uint32_t)found;
    to->count = 0;
}

/* The number of each text; 0 where there are too many. */
static int coded(const byte *text, cells where, tile of, uint32_t k, column *to,
                 uint32_t nothing) {
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    texts_seen *found = (texts_seen *)to->data;
    uint32_t *codes = (uint32_t *)to->values, count = to->count, size = to->size;
    const uint32_t empty_is_null = nothing || to->kind == CODED_DECIMAL;
    for (uint32_t row = of.from; row < of.from + of.rows; row++) {
        piece own = {text + first[row], text + last[row] - where.less};
        if (where.quoting) own = opened(own.at, own.end);
        const byte *at = own.at;
        uint32_t length = (uint32_t)(own.end - at);
        if (where.quoting == DOUBLED && has_quote(own)) return 0;
        if ((!length && empty_is_null) || (to->dashes && is_dash(own)) ||
            (nothing == EMPTY_OR_SPACE && length == 1 && *at == ' ')) {
            codes[row] = 0;
            clear((byte *)to->valid, row);
            to->nulls++;
            continue;
        }
        word it = word_of(at, length);
        uint32_t slot = slot_of(&it), code;
        while ((code = found->slots[slot]) != NONE &&
               !is_same(&found->known[code], &it))
            slot = (slot + 1) % SLOTS;
        if (code == NONE) {
            if (count == MOST_CODES) return 0;
            code = count++;
            found->slots[slot] = (uint16_t)code;
            found->known[code] = it;
            size += length;
        }
        codes[row] = code;
    }
    to->count = count;
    to->size = size;
    return 1;
}

/* Texts, each once, in order of appearance. */
static void end_texts(column *to) {
    const word *known = ((const texts_seen *)to->data)->known;
    int32_t *ends = take(4 * (to->count + 1));
    byte *data = take(to->size + SLACK), *out = data;
    for (uint32_t code = 0; code < to->count; code++) {
        ends[code] = out - data;
        copy(out, known[code].at, known[code].size);
        out += known[code].size;
    }
    ends[to->count] = out - data;
    to->ends = (uint32_t)ends;
    to->data = (uint32_t)data;
}

/* Decimals, each text of one once; 0 where a text is none. */
static int end_decimals(column *to) {
    const word *known = ((const texts_seen *)to->data)->known;
    int64_t *values = take(16 * to->count);
    seen last = {0, 0, 0};
    for (uint32_t code = 0; code < to->count; code++) {
        piece text = {known[code].at, known[code].at + known[code].size};
        if (!decimal(text, &last, values + 2 * code)) return 0;
    }
    to->data = (uint32_t)values;
    to->size = 16 * to->count;
    return 1;
}

#endif
