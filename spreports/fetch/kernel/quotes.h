/* Which bytes of a flat file are inside quotes. */
#ifndef SPREPORTS_QUOTES_H
#define SPREPORTS_QUOTES_H

#include "kernel.h"

/* What is known of quotes behind the last 64 bytes. */
typedef struct {
    uint64_t inside;     /* all bits, where a cell is open */
    uint64_t may_open;   /* the lowest bit: a cell begins, or a quote has just closed */
    uint64_t has_closed; /* the lowest bit: the last byte closed a cell */
    uint32_t doubled;    /* some quote stands for one inside its cell */
} quotes;

/* Which bytes are inside quotes, the opening one too: the parity of quotes up to each. */
static inline uint64_t inside_of(uint64_t found, uint64_t before) {
    for (int step = 1; step < 64; step *= 2) found ^= found << step;
    return found ^ before;
}

/* Follow the quotes of the next bytes. Returns which are inside a cell's quotes, and sets
   `fits` to 0 where one opens elsewhere than at the beginning of a cell, or closes
   elsewhere than at its end; `ends` are delimiters and line ends. */
static inline uint64_t inside(uint64_t found, uint64_t ends, uint64_t known, quotes *now,
                              int *fits) {
    uint64_t in = inside_of(found, now->inside), opening = found & in;
    uint64_t closing = found & ~in, outside = (ends & ~in) | closing;
    uint64_t behind = (closing << 1 | now->has_closed) & known;
    if (opening & ~(outside << 1 | now->may_open)) *fits = 0;
    if (behind & ~((ends & ~in) | opening)) *fits = 0;
    now->doubled |= (behind & opening) != 0;
    now->inside = (uint64_t)((int64_t)in >> 63);
    now->may_open = outside >> 63;
    now->has_closed = closing >> 63;
    return in;
}

#endif
