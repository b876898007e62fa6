/*
 * replay_report.c - what to report is "visits", or "visits:district".
 */
#include "cli/replay_report.h"

#include <stdio.h>

#include "core/oversight/report.h"
#include "core/service/service.h"

#define MAX_REPORT_BYTES ((size_t)256 << 20)

static const struct report *find(const char *what, struct cw_str *by)
{
    struct cw_str rest = str_of(what), name;
    (void)str_split(&rest, ':', &name);
    *by = rest.p ? rest : CW_STR("");
    return report_find(name);
}

bool replay_report_known(const char *what)
{
    struct cw_str by;
    return find(what, &by) != NULL;
}

void replay_report_print(const struct fold *fold, const char *what)
{
    struct report_query query = {.from = 0, .to = month_of(fold, fold->now_ns)};
    const struct report *report = find(what, &query.by);
    struct buf text;
    struct json_out out;
    buf_init(&text, MAX_REPORT_BYTES);
    json_out_init(&out, &text);
    json_object(&out);
    json_key(&out, "items");
    json_array(&out);
    report->write(fold, &query, &out);
    json_array_end(&out);
    json_object_end(&out);
    buf_add_char(&text, '\n');
    (void)fwrite(buf_text(&text), 1, text.n, stdout);
    buf_done(&text);
}
