/* JSON records: objects one after the other, with scalars and objects in them, and keys
   in any order. Where a column has text, so may lists and objects that are no one's. */
#include "kernel.h"
#include "scalars.h"

enum { RECORD = 0, MOST_OPENED = 3 };

/* In place of a key: something else stands there, a row too many, behind the last row. */
enum { NO_KEY = 0xffffffffu, NO_ROOM = 0xfffffffeu, THE_END = 0xfffffffdu };

/* A record is longer than that, as a rule. */
enum { USUAL = 64 };

/* What stood between two values the last time. Where it comes again behind a value of the
   same key, it means the same. */
typedef struct {
    const byte *text;
    uint32_t size, next; /* the key of the value behind it */
    uint32_t ends;       /* how many records do in it */
    uint32_t count, opened[MOST_OPENED]; /* objects, behind that */
} gap;

/* What is known of a key. */
typedef struct {
    uint32_t row;    /* the last one that had it */
    uint32_t *first; /* where its cells are: row r's at first[r] */
    gap behind;
} state;

typedef struct {
    const byte *end;
    const key *keys;
    uint32_t key_count, columns, most;
    state *states;   /* of each key */
    uint32_t row;    /* from 1 */
    uint32_t object; /* the key whose object is open */
    uint32_t had;    /* how many keys with a column the row had */
} walk;

/* Note that a row has a key; no key may come twice. */
static int comes(walk *w, uint32_t k) {
    if (w->states[k].row == w->row) return 0;
    w->states[k].row = w->row;
    w->had += w->keys[k].column != NO_CELL;
    return 1;
}

static int open(walk *w, uint32_t k) {
    if (!comes(w, k)) return 0;
    uint32_t *cell = w->states[k].first + w->row;
    cell[0] = cell[w->most] = 0;
    w->object = k;
    return 1;
}

static int begin_record(walk *w) {
    w->had = 0;
    w->object = RECORD;
    return w->row++ < w->most;
}

static void end_record(const walk *w) {
    if (w->had == w->columns) return;
    for (uint32_t k = 1; k < w->key_count; k++)
        if (w->states[k].row != w->row && w->keys[k].column != NO_CELL)
            w->states[k].first[w->row] = NO_CELL;
}

/* Read a key of the open object and its colon; return what is behind, or NULL. */
static const byte *key_at(const walk *w, const byte *at, uint32_t *found) {
    if (at == w->end || *at != '"') return 0;
    uint32_t escaped;
    const byte *text = at + 1, *last = string(text, w->end, &escaped);
    if (!last || escaped) return 0;
    const key *object = &w->keys[w->object];
    for (uint32_t k = object->first; k < object->first + object->count; k++) {
        uint32_t size = w->keys[k].size;
        if (size == (uint32_t)(last - text) &&
            same(text, (const byte *)w->keys[k].text, size)) {
            *found = k;
            return behind(':', last + 1, w->end);
        }
    }
    return 0;
}

/* Walk from behind a value to the next scalar, wherever that is; return its key. */
static uint32_t walked(walk *w, const byte **from, gap *noted) {
    const byte *at = *from, *end = w->end;
    gap now = {at, 0, NO_KEY, 0, 0, {0}};
    int note = 1, opens = !w->row; /* a brace was the last letter */
    if (opens) {
        at = behind('{', at, end);
        if (!at) return NO_KEY;
        if (!begin_record(w)) return NO_ROOM;
    }
    for (;;) {
        const byte *closed = behind('}', at, end);
        if (closed && w->object != RECORD) {
            w->object = w->keys[w->object].parent;
            note &= !opens;
            opens = 0;
            at = closed;
            continue;
        }
        if (closed) {
            end_record(w);
            now.ends++;
            at = behind(',', closed, end);
            if (at == end) return THE_END;
            at = at ? behind('{', at, end) : 0;
            if (!at) return NO_KEY;
            if (!begin_record(w)) return NO_ROOM;
            opens = 1;
            continue;
        }
        if (!opens) at = behind(',', at, end);
        uint32_t k = NO_KEY;
        at = at ? key_at(w, at, &k) : 0;
        if (!at || at == end) return NO_KEY;
        opens = 0;
        if (w->keys[k].column != NO_CELL && !w->keys[k].count) {
            now.next = k;
            now.size = (uint32_t)(at - now.text);
            if (note && now.ends <= 1 && now.count <= MOST_OPENED) *noted = now;
            *from = at;
            return k;
        }
        const byte *inside = w->keys[k].count ? behind('{', at, end) : 0;
        if (inside) {
            if (!open(w, k)) return NO_KEY;
            if (now.count < MOST_OPENED) now.opened[now.count] = k;
            now.count++;
            opens = 1;
            at = inside;
        } else { /* in place of an object or a list */
            at = word(at, end, "null", 4);
            if (!at || !comes(w, k)) return NO_KEY;
            if (w->keys[k].column != NO_CELL) w->states[k].first[w->row] = NO_CELL;
            note = 0;
        }
    }
}

static int comes_again(const gap *known, const byte *at, const byte *end) {
    uint32_t size = known->size;
    return size && (uint32_t)(end - at) > size && same(at, known->text, size) &&
           !is_blank(at[size]);
}

/* The same, where what stood there the last time may stand there again. */
static uint32_t next(walk *w, const byte **from, uint32_t k) {
    gap *known = &w->states[k].behind;
    if (!comes_again(known, *from, w->end)) {
        w->object = w->keys[k].parent;
        return walked(w, from, known);
    }
    if (known->ends) {
        end_record(w);
        if (!begin_record(w)) return NO_ROOM;
    }
    for (uint32_t each = 0; each < known->count; each++)
        if (!open(w, known->opened[each])) return NO_KEY;
    *from += known->size;
    return known->next;
}

/* Begin with no row at all, and no cells either. */
static state *states_of(const key *keys, uint32_t key_count, uint32_t *places,
                        uint32_t most) {
    state *all = take(sizeof(state) * key_count);
    for (uint32_t k = 0; k < key_count; k++) {
        all[k].row = 0;
        all[k].first = places + 2 * keys[k].column * most - 1;
        all[k].behind.size = 0;
    }
    return all;
}

/* Find one value; return what follows it, or NULL where none is. */
static const byte *value(const byte *text, const byte *at, const byte *end,
                         uint32_t *first, uint32_t *last) {
    if (at >= end) return 0;
    uint32_t escaped;
    const byte *after;
    *first = (uint32_t)(at - text);
    switch (*at) {
    case '"':
        after = string(at + 1, end, &escaped);
        if (!after) return 0;
        ++*first;
        *last = (uint32_t)(after - text) | escaped;
        return after + 1;
    case '[':
    case '{':
        escaped = 0;
        after = list_or_object(at, end, MOST_LEVELS, &escaped);
        *last = (uint32_t)(after - text) | NESTED | escaped;
        return after;
    case 'n':
        after = word(at, end, "null", 4);
        *first = NO_CELL;
        break;
    case 't': after = word(at, end, "true", 4); break;
    case 'f': after = word(at, end, "false", 5); break;
    default: after = number(at, end);
    }
    *last = (uint32_t)(after - text);
    return after;
}

/* Read values for as long as the same stands between them as the last time, within one
   record; return what is behind the last one, or NULL where no value is. */
static const byte *values(walk *w, const byte *text, const byte *at, uint32_t *from) {
    const byte *end = w->end;
    state *states = w->states;
    uint32_t k = *from, row = w->row, had = w->had, most = w->most;
    for (;;) {
        state *own = &states[k];
        if (own->row == row) return 0;
        own->row = row;
        had++;
        at = value(text, at, end, own->first + row, own->first + row + most);
        if (!at) return 0;
        const gap *known = &own->behind;
        if (known->ends | known->count || !comes_again(known, at, end)) break;
        at += known->size;
        k = known->next;
    }
    w->had = had;
    *from = k;
    return at;
}

/* Return how many records a text is, of at most so many, or what is there instead. */
static uint32_t found(const byte *text, walk *w) {
    const byte *at = text;
    uint32_t k = walked(w, &at, &w->states[RECORD].behind);
    while (k < THE_END) {
        at = values(w, text, at, &k);
        if (!at) return NO_KEY;
        k = next(w, &at, k);
    }
    return k == THE_END ? w->row : k;
}

/* Read a block of records, each with a comma behind it. Returns as `rows` does; a text
   that does not fit has an escape that is none. */
WASM(records) int32_t records(void) {
    const byte *text = (const byte *)the_job.text;
    const key *keys = (const key *)the_job.keys;
    uint32_t size = the_job.size, columns = the_job.count;
    uint32_t key_count = the_job.key_count, rows = NO_ROOM;
    column *to = (column *)the_job.columns;
    cells where = {0, 0, 0, 0, BARE};
    for (uint32_t most = size / USUAL + 1; rows == NO_ROOM;
         most = count_of('{', text, size)) {
        begin_block();
        uint64_t room = (uint64_t)most * columns * 8;
        if (!room || room > 0x40000000u) return DECLINED;
        uint32_t *places = take((uint32_t)room);
        state *states = states_of(keys, key_count, places, most);
        walk w = {text + size, keys, key_count, columns, most, states, 0, RECORD, 0};
        rows = found(text, &w);
        where.at = places;
        where.step = 2 * most;
        where.width = most;
    }
    if (rows == NO_KEY) return DECLINED;
    int32_t misfit = write_columns(text, where, rows, to, columns, KEPT);
    if (misfit < 0) return (int32_t)rows;
    uint32_t kind = to[misfit].kind;
    return kind == TEXT || kind == LIST ? DECLINED : -2 - misfit;
}
