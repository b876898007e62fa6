/*
 * api_duty.c - where who is on duty is reached: a roster names an id, and a channel that needs
 * a telephone number or a mail address finds it here. Kept as names are, sealed; supervisors
 * only, each look and change in the audit without what was in it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/contact.h"
#include "base/mem.h"
#include "io/json_read.h"
#include "io/store_names.h"
#include "outbox/outbox.h"

#define MAX_NAME 200u

static struct pending *pending_of(struct exchange *exchange)
{
    struct pending *pending = pending_new(exchange->api, exchange->request->id);
    (void)str_copy(pending->id, sizeof(pending->id), str_of(exchange->id));
    return pending;
}

/* ---- read ---- */

/* A look, whose line of the audit comes first. */
struct look {
    struct pending *pending;
    struct buf body;
};

static void on_kept(void *ctx)
{
    struct look *look = ctx;
    struct api *api = pending_take(look->pending);
    if (api)
        api_answer(api, look->pending->request, 200, NULL, buf_str(&look->body));
    if (look->body.n > 0)
        explicit_bzero(look->body.p, look->body.n);
    buf_done(&look->body);
    free(look->pending);
    free(look);
}

static void answer_contact(struct api *api, struct pending *pending, struct cw_str text)
{
    struct look *look = xcalloc(1, sizeof(*look));
    struct json_out out;
    look->pending = pending;
    buf_init(&look->body, MAX_NAME_BYTES + 1024);
    json_out_init(&out, &look->body);
    json_object(&out);
    json_member_text(&out, "person", str_of(pending->id));
    json_key(&out, "contact");
    json_raw(&out, text);
    json_object_end(&out);
    audit_then(api, pending->request, 200, on_kept, look);
}

static void on_contact(void *ctx, struct cw_str text, uint64_t was_read)
{
    struct pending *pending = ctx;
    if (pending->api && text.n > 0) {
        answer_contact(pending->api, pending, text);
        return;
    }
    struct api *api = pending_take(pending);
    if (api && was_read)
        api_problem(api, pending->request, 404, NULL, "There is no contact of %s.",
                    pending->id);
    else if (api)
        api_problem(api, pending->request, 503, "Retry-After: 5\r\n",
                    "The store cannot be read now.");
    free(pending);
}

void handle_contact(struct exchange *exchange)
{
    if (is_for_all(exchange))
        store_name_get(exchange->api->daemon->store, NAMES_OF_DUTY, exchange->id, on_contact,
                       pending_of(exchange));
}

/* ---- set ---- */

static bool is_name(struct cw_str text)
{
    return text.n > 0 && text.n <= MAX_NAME;
}

static const struct {
    const char *key, *is_not;
    bool (*good)(struct cw_str text);
} members[] = {
    {"name", "a text of at most 200 bytes", is_name},
    {"phone", "a telephone number such as +86 13800001111", contact_is_phone},
    {"email", "a mail address such as li@example.cn", contact_is_email},
};

/* One member into the document; -EINVAL with err, which never holds the value. */
static int member_write(const char *key, const struct json_node *value, struct json_out *out,
                        struct cw_error *err)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (strcmp(members[i].key, key) != 0)
            continue;
        struct cw_str text = str_of(node_text(value, ""));
        if (!members[i].good(text))
            return err_set(err, -EINVAL, "\"%s\" is not %s", key, members[i].is_not);
        json_member_text(out, key, text);
        return 0;
    }
    return err_set(err, -EINVAL, "\"%.40s\" is not known", key);
}

static int contact_write(const struct json_node *body, struct json_out *out,
                         struct cw_error *err)
{
    const struct json_node *value;
    const char *key;
    int ret = 0;
    if (!node_get(body, "phone") && !node_get(body, "email"))
        return err_set(err, -EINVAL, "the body has a \"phone\" or an \"email\", or both");
    json_object(out);
    for (size_t i = 0; ret == 0 && (value = node_member(body, i, &key)); i++)
        ret = member_write(key, value, out, err);
    json_object_end(out);
    return ret;
}

static void on_set(void *ctx)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    if (api) {
        outbox_look_again(api->daemon->outbox);
        api_answer(api, pending->request, 204, NULL, CW_STR(""));
    }
    free(pending);
}

void handle_contact_put(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct cw_error err = {""};
    struct json_out out;
    struct buf text;
    if (!is_for_all(exchange))
        return;
    struct json_node *body = json_read(exchange->request->body, &err);
    buf_init(&text, MAX_NAME_BYTES);
    json_out_init(&out, &text);
    if (body && contact_write(body, &out, &err) == 0)
        store_name_set(api->daemon->store, NAMES_OF_DUTY, exchange->id, buf_str(&text), on_set,
                       pending_of(exchange));
    else
        api_problem(api, exchange->request->id, 400, NULL, "%s.", err.text);
    json_read_free(body);
    if (text.n > 0)
        explicit_bzero(text.p, text.n);
    buf_done(&text);
}

/* ---- forgotten ---- */

static void on_forgotten(void *ctx, struct cw_str none, uint64_t n)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    (void)none;
    if (api)
        outbox_look_again(api->daemon->outbox);
    if (api && n > 0)
        api_answer(api, pending->request, 204, NULL, CW_STR(""));
    else if (api)
        api_problem(api, pending->request, 404, NULL, "There is no contact of %s.",
                    pending->id);
    free(pending);
}

void handle_contact_delete(struct exchange *exchange)
{
    if (is_for_all(exchange))
        store_name_forget(exchange->api->daemon->store, NAMES_OF_DUTY, exchange->id,
                          on_forgotten, pending_of(exchange));
}
