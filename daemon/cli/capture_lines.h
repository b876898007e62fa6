/*
 * capture_lines.h - a file of capture lines (contract section 4), record by record.
 */
#ifndef CLI_CAPTURE_LINES_H
#define CLI_CAPTURE_LINES_H

#include "core/journal/record.h"

struct capture_lines;

/* "-": standard input. Borrows path. 0 or negative errno with err; close it in any case. */
int capture_lines_open(struct capture_lines **lines, const char *path, struct cw_error *err);
/* The next record, borrowed until the next call. 0; -ENODATA behind the last line; -EINVAL
 * with err, which names file and line. */
int capture_lines_next(struct capture_lines *lines, struct record *record,
                       struct cw_error *err);
void capture_lines_close(struct capture_lines *lines); /* NULL is fine */

#endif
