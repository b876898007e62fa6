/*
 * api_attachments.c - photos of findings. A phone that was without a network sends each under
 * the SHA-256 of its bytes, as often as it likes, and then the finding that names them in
 * `attachments`. One is shown to who may see a case that names it, also one that is in the
 * store alone by now; to nobody else it is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "core/oversight/ledger.h"
#include "io/store_attachments.h"

static void on_attached(void *ctx, int code)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    if (api && code == 0) {
        struct json_out out;
        buf_clear(&api->scratch);
        json_out_init(&out, &api->scratch);
        json_object(&out);
        json_member_text(&out, "attachment", str_of(pending->entry));
        json_object_end(&out);
        api_answer(api, pending->request, 201, NULL, buf_str(&api->scratch));
    } else if (api) {
        api_problem(api, pending->request, 409, NULL,
                    "There is no room for more photos: store.attachments is reached.");
    }
    free(pending);
}

void handle_attachment_put(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct cw_str bytes = exchange->request->body;
    char id[ATTACHMENT_ID + 1];
    if (!attachment_type(bytes)) {
        api_problem(api, exchange->request->id, 415, NULL,
                    "A photo is JPEG, PNG or WebP, by its bytes.");
        return;
    }
    attachment_id(bytes, id);
    if (strcmp(id, exchange->id) != 0) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "The path is the SHA-256 of the bytes, and theirs is %s.", id);
        return;
    }
    struct pending *pending = pending_new(api, exchange->request->id);
    (void)str_copy(pending->entry, sizeof(pending->entry), str_of(id));
    store_attach(api->daemon->store, bytes, api->daemon->config->store.attachments_bytes,
                 exchange->caller.by, clock_wall_ns(), on_attached, pending);
}

static void on_attachment(void *ctx, struct cw_str bytes)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    const char *type = attachment_type(bytes);
    if (api && type)
        api_answer_as(
            api, pending->request, 200, type,
            "Content-Disposition: attachment\r\nCache-Control: private, immutable\r\n", bytes);
    else if (api)
        api_problem(api, pending->request, 404, NULL, "There is no such photo.");
    free(pending);
}

static bool may_see(const struct exchange *exchange)
{
    const struct book *book = api_fold(exchange->api)->book;
    for (uint32_t i = 0; i < book->n_entries; i++) {
        const struct entry *entry = book->entry[i];
        if (entry && entry->kind == &kind_inspections &&
            (entry_lists(entry, "attachments", str_of(exchange->id)) ||
             entry_lists(entry, "claimed_attachments", str_of(exchange->id))) &&
            entry_visible(exchange, entry))
            return true;
    }
    return false;
}

static void on_archived(void *ctx, struct cw_str items, uint32_t n, const char *next)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    (void)items;
    (void)next;
    if (api && n > 0)
        store_attachment(api->daemon->store, pending->entry, on_attachment,
                         pending_new(api, pending->request));
    else if (api)
        api_problem(api, pending->request, 404, NULL, "There is no such photo.");
    free(pending);
}

/* A case that is over leaves memory and not the store: there it is asked for. */
static void ask_archive(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct store_list list = {.of = LIST_ENTRIES, .limit = 1};
    if (!scope_list(exchange, &kind_inspections, &list, "")) {
        api_problem(api, exchange->request->id, 404, NULL, "There is no such photo.");
        return;
    }
    /* The first is quick and keeps the second from reading every case. */
    store_list_text(&list, "json", TEST_HAS, exchange->id);
    store_list_text(&list,
                    "SELECT value FROM json_each(entries.json, '$.attachments') UNION ALL"
                    " SELECT value FROM json_each(entries.json, '$.claimed_attachments')",
                    TEST_CHOSEN, exchange->id);
    struct pending *pending = pending_new(api, exchange->request->id);
    (void)str_copy(pending->entry, sizeof(pending->entry), str_of(exchange->id));
    store_query_list(api->daemon->store, &list, on_archived, pending);
}

void handle_attachment(struct exchange *exchange)
{
    struct api *api = exchange->api;
    if (may_see(exchange))
        store_attachment(api->daemon->store, exchange->id, on_attachment,
                         pending_new(api, exchange->request->id));
    else
        ask_archive(exchange);
}
