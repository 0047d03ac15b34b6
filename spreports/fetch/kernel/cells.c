/* Cells to Arrow's buffers, some rows of all columns after the other: so their text is
   fetched from afar once, and not for each column. */
#include "buffers.h"
#include "coded.h"
#include "enclosed.h"
#include "escapes.h"
#include "kernel.h"
#include "numbers.h"
#include "times.h"

enum { TILE = 512 };

/* The bytes of all cells of a column together; what is left out of an escape or a list
   counts, and only JSON has any. */
static uint32_t bytes_in(const uint32_t *first, const uint32_t *last, uint32_t rows,
                         uint32_t less) {
    uint32_t size = 0;
    if (less) {
        for (uint32_t row = 0; row < rows; row++) size += last[row] - first[row];
        return size - rows * less;
    }
    for (uint32_t row = 0; row < rows; row++)
        size += first[row] == NO_CELL ? 0 : (last[row] & PLACE) - first[row];
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

/* Texts of a flat file, as they stand or without their quotes. */
static inline __attribute__((always_inline)) byte *
as_they_stand(const byte *text, const uint32_t *restrict first,
              const uint32_t *restrict last, uint32_t rows, uint32_t less,
              uint32_t quoting, uint32_t nothing, int32_t *restrict ends, byte *data,
              byte *out) {
    for (uint32_t row = 0; row < rows; row++) {
        piece own = {text + first[row], text + last[row] - less};
        if (quoting) own = opened(own.at, own.end);
        uint32_t size = (uint32_t)(own.end - own.at);
        if (nothing == EMPTY_OR_SPACE && size == 1 && *own.at == ' ') size = 0;
        ends[row] = out - data;
        if (quoting == DOUBLED)
            out = undoubled((piece){own.at, own.at + size}, out);
        else {
            copy(out, own.at, size);
            out += size;
        }
    }
    return out;
}

/* A text that is not as it stands; NULL where an escape is none, or may be, and where a
   list is none. */
static byte *odd_text(const byte *text, uint32_t first, uint32_t last, uint32_t kind,
                      byte *out) {
    piece own = {text + first, text + (last & PLACE)};
    if (kind == LIST)
        return last & NESTED && *own.at == '[' ? without_blanks(own, out) : 0;
    if (last & NESTED) return last & ESCAPED ? 0 : without_blanks(own, out);
    return unescaped(own, out);
}

/* Texts of JSON values; NULL where an escape is none, or a list. */
static byte *as_they_read(const byte *text, const uint32_t *first, const uint32_t *last,
                          column *to, tile of, int32_t *ends, byte *out) {
    const byte *data = (const byte *)to->data;
    for (uint32_t row = 0; row < of.rows; row++) {
        ends[row] = out - data;
        if (first[row] == NO_CELL) {
            clear((byte *)to->valid, of.from + row);
            to->nulls++;
        } else if (last[row] & ~PLACE || to->kind == LIST) {
            out = odd_text(text, first[row], last[row], to->kind, out);
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
#define STANDING(quoting) \
    as_they_stand(text, first, last, of.rows, where.less, quoting, nothing, ends, data, \
                  out)
    if (where.less)
        out = where.quoting ? STANDING(where.quoting) : STANDING(BARE);
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
    case DECIMAL:
    case LOCAL_DECIMAL: return 16 * rows;
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
    case LOCAL_DECIMAL: return local_decimal(text, last, (int64_t *)values + 2 * row);
    case DATE:
        return written ? day_by_pattern(text, written, (int32_t *)values + row)
                       : text.end - text.at == 10 &&
                             date(text.at, (int32_t *)values + row);
    case TIMESTAMP:
        return written ? by_pattern(text, written, (int64_t *)values + row)
                       : timestamp(text, (int64_t *)values + row);
    default:
        if (!boolean(text, &truth)) return 0;
        if (!truth) clear(values, row);
        return 1;
    }
}

/* A cell without the spaces around it, which mean nothing where it is typed. */
static __attribute__((noinline)) piece trimmed(piece cell) {
    while (cell.at < cell.end && *cell.at == ' ') cell.at++;
    while (cell.end > cell.at && cell.end[-1] == ' ') cell.end--;
    return cell;
}

/* Under a null stands 0, and nothing of an earlier block. */
static inline __attribute__((always_inline)) void blank(uint32_t kind, byte *values,
                                                        uint32_t row) {
    int64_t *wide = (int64_t *)values;
    if (kind == DECIMAL || kind == LOCAL_DECIMAL)
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
                                                          column *to) {
    const uint32_t *first = where.at + k * where.step, *last = first + where.width;
    const pattern *written = (const pattern *)to->written;
    byte *valid = (byte *)to->valid, *values = (byte *)to->values;
    seen last_one = {0, 0, 0};
    for (uint32_t row = of.from; row < of.from + of.rows; row++) {
        piece own = {text, text};
        if (first[row] != NO_CELL) {
            own = (piece){text + first[row],
                          text + (last[row] & PLACE) - where.less};
            if (where.quoting) own = opened(own.at, own.end);
            if (own.at < own.end && (*own.at == ' ' || own.end[-1] == ' '))
                own = trimmed(own);
        }
        if (own.at == own.end) {
            clear(valid, row);
            blank(kind, values, row);
            to->nulls++;
        } else if (last[row] & ESCAPED ||
                   !fits(kind, own, written, &last_one, values, row)) {
            if (!to->dashes || !is_dash(own)) return 0;
            clear(valid, row);
            blank(kind, values, row);
            to->nulls++;
        }
    }
    return 1;
}

static void begin_typed(uint32_t rows, column *to) {
    to->size = bytes_of(to->kind, rows);
    to->values = (uint32_t)(to->kind == BOOLEAN ? bits_of(rows) : take(to->size));
}

static int typed(const byte *text, cells where, tile of, uint32_t k, column *to) {
#define AS(kind) \
    case kind: return typed_as(kind, text, where, of, k, to)
    switch (to->kind) {
        AS(INT64);
        AS(FLOAT64);
        AS(DECIMAL);
        AS(LOCAL_DECIMAL);
        AS(BOOLEAN);
        AS(DATE);
        AS(TIMESTAMP);
    }
    return 0;
}

/* Room for a column. */
static void begin(cells where, uint32_t rows, uint32_t k, column *to) {
    to->nulls = to->size = 0;
    to->valid = (uint32_t)bits_of(rows);
    switch (to->kind) {
    case CODED:
    case CODED_DECIMAL: begin_coded(rows, to); break;
    case TEXT:
    case LIST: begin_texts(where, rows, k, to); break;
    default: begin_typed(rows, to);
    }
}

static int write(const byte *text, cells where, tile of, uint32_t k, column *to,
                 uint32_t nothing) {
    switch (to->kind) {
    case CODED:
    case CODED_DECIMAL: return coded(text, where, of, k, to, nothing);
    case TEXT:
    case LIST: return texts(text, where, of, k, to, nothing);
    default: return typed(text, where, of, k, to);
    }
}

static int end(column *to) {
    switch (to->kind) {
    case CODED: end_texts(to); return 1;
    case CODED_DECIMAL: return end_decimals(to);
    default: return 1;
    }
}

int32_t write_columns(const byte *text, cells where, uint32_t rows, column *to,
                      uint32_t columns, uint32_t nothing) {
    for (uint32_t k = 0; k < columns; k++)
        begin(where, rows, k, &to[k]);
    for (tile of = {0, 0}; of.from < rows; of.from += of.rows) {
        of.rows = rows - of.from < TILE ? rows - of.from : TILE;
        for (uint32_t k = 0; k < columns; k++)
            if (!write(text, where, of, k, &to[k], nothing)) return (int32_t)k;
    }
    for (uint32_t k = 0; k < columns; k++)
        if (!end(&to[k])) return (int32_t)k;
    return -1;
}
