/*
 * csv.h - comma-separated text (RFC 4180) cell by cell, in place. A byte order mark and
 * either end of line are fine, also inside quotes.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>

#include <carewatch/plugin.h>

struct csv {
    char *p; /* borrowed; quoted cells are unfolded in it */
    size_t n, at;
    unsigned line; /* of the row read last, from 1 */
    unsigned next_line;
};

void csv_init(struct csv *csv, char *p, size_t n);
/* The next row that is not blank: its cells, borrowed from the text. Their number (0 at the
 * end), or -EINVAL with err: a quote that is not closed, or more than max cells. */
int csv_row(struct csv *csv, struct cw_str *cell, unsigned max, struct cw_error *err);

#endif
