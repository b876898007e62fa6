/*
 * csv.c - one pass over the text; a quoted cell is shortened where it stands.
 */
#include "base/csv.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

void csv_init(struct csv *csv, char *p, size_t n)
{
    static const char mark[] = "\xef\xbb\xbf";
    *csv = (struct csv){.p = p, .n = n, .next_line = 1};
    if (n >= 3 && memcmp(p, mark, 3) == 0)
        csv->at = 3;
}

static bool at_end_of_line(const struct csv *csv)
{
    return csv->at >= csv->n || csv->p[csv->at] == '\n' || csv->p[csv->at] == '\r';
}

static void skip_end_of_line(struct csv *csv)
{
    if (csv->at < csv->n && csv->p[csv->at] == '\r')
        csv->at++;
    if (csv->at < csv->n && csv->p[csv->at] == '\n')
        csv->at++;
    csv->next_line++;
}

static int quoted(struct csv *csv, struct cw_str *cell, struct cw_error *err)
{
    size_t from = ++csv->at, to = from;
    for (; csv->at < csv->n; csv->at++) {
        char c = csv->p[csv->at];
        if (c == '"' && csv->at + 1 < csv->n && csv->p[csv->at + 1] == '"')
            csv->at++;
        else if (c == '"')
            break;
        csv->next_line += c == '\n';
        csv->p[to++] = c;
    }
    if (csv->at >= csv->n)
        return err_set(err, -EINVAL, "line %u: a quote is opened and not closed", csv->line);
    csv->at++;
    if (!at_end_of_line(csv) && csv->p[csv->at] != ',')
        return err_set(err, -EINVAL, "line %u: something stands behind a closing quote",
                       csv->line);
    *cell = (struct cw_str){csv->p + from, to - from};
    return 0;
}

static void plain(struct csv *csv, struct cw_str *cell)
{
    size_t from = csv->at;
    while (!at_end_of_line(csv) && csv->p[csv->at] != ',')
        csv->at++;
    size_t to = csv->at;
    while (from < to && csv->p[from] == ' ')
        from++;
    while (to > from && csv->p[to - 1] == ' ')
        to--;
    *cell = (struct cw_str){csv->p + from, to - from};
}

int csv_row(struct csv *csv, struct cw_str *cell, unsigned max, struct cw_error *err)
{
    unsigned n = 0;
    while (csv->at < csv->n && at_end_of_line(csv))
        skip_end_of_line(csv);
    if (csv->at >= csv->n)
        return 0;
    csv->line = csv->next_line;
    for (;;) {
        if (n == max)
            return err_set(err, -EINVAL, "line %u: more than %u cells", csv->line, max);
        int code = 0;
        if (csv->at < csv->n && csv->p[csv->at] == '"')
            code = quoted(csv, &cell[n], err);
        else
            plain(csv, &cell[n]);
        if (code)
            return code;
        n++;
        if (at_end_of_line(csv))
            break;
        csv->at++;
    }
    skip_end_of_line(csv);
    return (int)n;
}
