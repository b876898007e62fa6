/*
 * api_import.c - many rows of one kind at once. Each becomes a record of its own with its
 * author, in the order of the rows, and gets a verdict: new, changed, unchanged, or refused
 * and why. A dry run asks the fold without changing it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "io/json_read.h"

#define MAX_ROWS 1000u
#define MAX_RECORD_BYTES (64u << 10)

static bool is_said(const struct entry_author *author, const struct entry_kind *kind,
                    const char *key)
{
    if (strcmp(key, "by") == 0)
        return true;
    return author->id && (strcmp(key, kind->member) == 0 || strcmp(key, "rev") == 0 ||
                          (author->site[0] && strcmp(key, "site") == 0));
}

int entry_record(const struct json_node *body, const struct entry_kind *kind,
                 const struct entry_author *author, struct buf *record, struct cw_error *err)
{
    const char *key;
    struct json_out out;
    if (!node_is_object(body))
        return err_set(err, -EINVAL, "The body must be an object.");
    json_out_init(&out, record);
    json_object(&out);
    json_member_text(&out, "by", str_of(author->by));
    if (author->id)
        json_member_text(&out, kind->member, str_of(author->id));
    if (author->id && author->site[0])
        json_member_text(&out, "site", str_of(author->site));
    if (author->rev)
        json_member_int(&out, "rev", author->rev);
    for (size_t i = 0; node_member(body, i, &key); i++) {
        const struct json_node *member = node_get(body, key);
        if (is_said(author, kind, key))
            return err_set(err, -EINVAL, "\"%s\" is not yours to say.", key);
        struct buf value;
        buf_init(&value, MAX_RECORD_BYTES);
        node_write(member, &value);
        json_key(&out, key);
        json_raw(&out, buf_str(&value));
        buf_done(&value);
    }
    json_object_end(&out);
    return record->full ? err_set(err, -EINVAL, "The row is too long.") : 0;
}

/* ---- a run ---- */

struct verdict {
    const char *word; /* NULL: not yet */
    char id[MAX_ENTRY_ID + 1];
    char why[200];
    bool was_there;
    uint32_t rev; /* before */
};

struct import {
    struct pending *pending;
    const struct entry_kind *kind;
    struct verdict *verdict;
    uint32_t n_rows, n_answered;
    bool dry_run;
};

struct import_row {
    struct import *import;
    uint32_t index;
};

static void write_verdict(const struct verdict *verdict, uint32_t row, struct json_out *out)
{
    json_object(out);
    json_member_int(out, "row", row);
    json_member_opt(out, "id", str_of(verdict->id));
    json_member_text(out, "verdict", str_of(verdict->word));
    json_member_opt(out, "why", str_of(verdict->why));
    json_object_end(out);
}

static void finish(struct import *import)
{
    struct api *api = pending_take(import->pending);
    if (api) {
        struct json_out out;
        uint32_t n_refused = 0;
        buf_clear(&api->scratch);
        json_out_init(&out, &api->scratch);
        json_object(&out);
        json_member_bool(&out, "dry_run", import->dry_run);
        json_key(&out, "items");
        json_array(&out);
        for (uint32_t i = 0; i < import->n_rows; i++) {
            n_refused += strcmp(import->verdict[i].word, "refused") == 0;
            write_verdict(&import->verdict[i], i, &out);
        }
        json_array_end(&out);
        json_member_int(&out, "refused", n_refused);
        json_object_end(&out);
        api_answer(api, import->pending->request, 200, NULL, buf_str(&api->scratch));
    }
    free(import->pending);
    free(import->verdict);
    free(import);
}

static const struct entry *find(const struct import *import, const struct verdict *verdict)
{
    return book_find(api_fold(import->pending->api)->book, import->kind, str_of(verdict->id));
}

static void judge(struct import *import, uint32_t i, int code, const struct cw_error *err)
{
    struct verdict *verdict = &import->verdict[i];
    if (code) {
        verdict->word = "refused";
        (void)str_copy(verdict->why, sizeof(verdict->why),
                       (struct cw_str){err->text, utf8_cut(str_of(err->text), 199)});
        return;
    }
    const struct entry *entry = import->pending->api ? find(import, verdict) : NULL;
    if (!verdict->was_there)
        verdict->word = "new";
    else if (import->dry_run)
        verdict->word = "known";
    else
        verdict->word = entry && entry->rev == verdict->rev ? "unchanged" : "changed";
}

static void on_row(void *ctx, int code, const struct alarm *alarm, const struct cw_error *err)
{
    struct import_row *row = ctx;
    struct import *import = row->import;
    (void)alarm;
    judge(import, row->index, code, err);
    free(row);
    if (++import->n_answered == import->n_rows)
        finish(import);
}

/* What is there before the row is applied. The id of an entry of a site needs both parts. */
static void look(struct import *import, const struct json_node *row, struct verdict *verdict)
{
    const char *id = node_text(node_get(row, import->kind->member), "");
    const char *site = node_text(node_get(row, "site"), "");
    if (import->kind->of_site)
        (void)snprintf(verdict->id, sizeof(verdict->id), "%.64s/%.64s", site, id);
    else
        (void)snprintf(verdict->id, sizeof(verdict->id), "%.64s", id);
    const struct entry *entry = find(import, verdict);
    verdict->was_there = entry != NULL;
    verdict->rev = entry ? entry->rev : 0;
}

static void run_row(struct exchange *exchange, struct import *import,
                    const struct json_node *node, uint32_t i)
{
    struct pipeline *pipeline = exchange->api->daemon->pipeline;
    struct cw_error err = {""};
    struct buf record;
    buf_init(&record, MAX_RECORD_BYTES);
    look(import, node, &import->verdict[i]);
    const struct entry_author author = {.by = exchange->caller.by, .site = ""};
    int code = entry_record(node, import->kind, &author, &record, &err);
    struct import_row *row = xcalloc(1, sizeof(*row));
    *row = (struct import_row){import, i};
    if (code == 0 && import->dry_run) {
        /* Parsers read ahead of what they are given. */
        static const char padding[64];
        size_t n = record.n;
        buf_add(&record, padding, sizeof(padding));
        code = engine_check_registry(pipeline_engine_room(pipeline), str_of(import->kind->name),
                                     (struct cw_str){record.p, n}, &err);
    }
    if (code || import->dry_run)
        on_row(row, code, NULL, &err);
    else
        pipeline_register(pipeline, import->kind->name, buf_str(&record), on_row, row);
    buf_done(&record);
}

static void run(struct exchange *exchange, const struct entry_kind *kind,
                const struct json_node *rows, uint32_t n)
{
    struct import *import = xcalloc(1, sizeof(*import));
    import->kind = kind;
    import->pending = pending_new(exchange->api, exchange->request->id);
    import->verdict = xcalloc(n, sizeof(*import->verdict));
    import->n_rows = n;
    import->dry_run = strcmp(parameter(exchange, "dry_run"), "yes") == 0;
    for (uint32_t i = 0; i < n; i++) /* the last one's answer frees it */
        run_row(exchange, import, node_at(rows, i), i);
}

void handle_import(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct entry_kind *kind = entry_kind_of(str_of(exchange->id));
    struct cw_error err = {""};
    if (!kind || (kind->state && !kind->imported_as)) {
        api_problem(api, exchange->request->id, 404, NULL,
                    "There is nothing to import called %s.", exchange->id);
        return;
    }
    struct json_node *body = json_read(exchange->request->body, &err);
    const struct json_node *rows = node_get(body, "rows");
    uint32_t n = 0;
    while (n <= MAX_ROWS && node_at(rows, n))
        n++;
    if (!body)
        api_problem(api, exchange->request->id, 400, NULL, "%s.", err.text);
    else if (n == 0 || n > MAX_ROWS)
        api_problem(api, exchange->request->id, 400, NULL,
                    "The body must be {\"rows\":[...]} with 1 to %u rows.", MAX_ROWS);
    else
        run(exchange, kind, rows, n);
    json_read_free(body);
}
