/*
 * api_names.c - who a pseudonym is: set, read, given out whole, erased. Supervisors only; and
 * whoever has taken on an alarm sees the person it is about, as long as it is open.
 *
 * A look is in the audit before it is answered: a crash in between leaves the line, not the
 * look. Nothing of it is a record of the journal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "core/series/series.h"
#include "core/service/service.h"
#include "erase.h"
#include "io/json_read.h"
#include "io/store_names.h"

#define MAX_TEXT 200u
#define MAX_CONTACTS 8u
#define MAX_EXPORT ((size_t)32 << 20)

/* A question about one person that the store answers later. */
struct person {
    struct pending *pending;
    char site[MAX_ID + 1], resident[MAX_ID + 1], alarm[HASH_ID_MAX];
    struct buf body; /* what the answer will be */
};

static struct person *person_new(struct exchange *exchange, const char *site,
                                 const char *resident)
{
    struct person *person = xcalloc(1, sizeof(*person));
    person->pending = pending_new(exchange->api, exchange->request->id);
    (void)str_copy(person->site, sizeof(person->site), str_of(site));
    (void)str_copy(person->resident, sizeof(person->resident), str_of(resident));
    buf_init(&person->body, MAX_EXPORT);
    return person;
}

static void person_free(struct person *person)
{
    if (person->body.n > 0)
        explicit_bzero(person->body.p, person->body.n);
    buf_done(&person->body);
    free(person->pending);
    free(person);
}

static void on_kept(void *ctx)
{
    struct person *person = ctx;
    struct api *api = pending_take(person->pending);
    if (api)
        api_answer(api, person->pending->request, 200, NULL, buf_str(&person->body));
    person_free(person);
}

/* The line of the audit first, then the answer. */
static void answer_audited(struct api *api, struct person *person)
{
    audit_then(api, person->pending->request, 200, on_kept, person);
}

const struct site *person_site(struct exchange *exchange)
{
    const char *id = parameter(exchange, "site");
    const struct site *site = id[0] ? site_for(exchange, id) : NULL;
    if (!id[0])
        api_problem(exchange->api, exchange->request->id, 400, NULL,
                    "The parameter site is required: pseudonyms are a site's own.");
    else if (!site)
        api_problem(exchange->api, exchange->request->id, 404, NULL, "There is no site %s.",
                    id);
    return site;
}

/* {"site":..,"resident":..,"person":{..} without the last brace. */
static void begin_body(struct person *person, struct cw_str text)
{
    struct json_out out;
    json_out_init(&out, &person->body);
    json_object(&out);
    json_member_text(&out, "site", str_of(person->site));
    json_member_text(&out, "resident", str_of(person->resident));
    json_key(&out, "person");
    if (text.n > 0)
        json_raw(&out, text);
    else
        json_null(&out);
}

/* The store has answered. NULL: there is nobody to go on for; the person is freed. */
static struct api *person_asked(struct person *person, uint64_t was_read)
{
    struct api *api = person->pending->api;
    if (api && was_read)
        return api;
    api = pending_take(person->pending);
    if (api)
        api_problem(api, person->pending->request, 503, "Retry-After: 5\r\n",
                    "The store cannot be read now.");
    person_free(person);
    return NULL;
}

/* ---- read ---- */

static void on_name(void *ctx, struct cw_str text, uint64_t was_read)
{
    struct person *person = ctx;
    struct api *api = person_asked(person, was_read);
    if (api && text.n == 0) {
        (void)pending_take(person->pending);
        api_problem(api, person->pending->request, 404, NULL, "There is no name of %s.",
                    person->resident);
        person_free(person);
    } else if (api) {
        begin_body(person, text);
        buf_add_char(&person->body, '}');
        answer_audited(api, person);
    }
}

void handle_name(struct exchange *exchange)
{
    const struct site *site = person_site(exchange);
    if (site)
        store_name_get(exchange->api->daemon->store, site->id, exchange->id, on_name,
                       person_new(exchange, site->id, exchange->id));
}

/* ---- set ---- */

/* The member's text into the document; -EINVAL with err. */
static int text_member(const struct json_node *object, const char *key, const char *member,
                       struct json_out *out, struct cw_error *err)
{
    const char *text = node_text(node_get(object, key), NULL);
    if (!text)
        return err_set(err, -EINVAL, "\"%.40s\" is no text", member);
    if (strlen(text) > MAX_TEXT)
        return err_set(err, -EINVAL, "\"%.40s\" is longer than %u bytes", member, MAX_TEXT);
    json_member_opt(out, key, str_of(text));
    return 0;
}

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++) {
        if (strcmp(key, *keys) == 0)
            return true;
    }
    return false;
}

static int contact_write(const struct json_node *contact, struct json_out *out,
                         struct cw_error *err)
{
    static const char *const keys[] = {"name", "phone", "relation", "address", NULL};
    const char *key;
    int ret = node_is_object(contact) ? 0 : err_set(err, -EINVAL, "a contact is an object");
    json_object(out);
    for (size_t i = 0; ret == 0 && node_member(contact, i, &key); i++)
        ret = is_one_of(key, keys)
                  ? text_member(contact, key, key, out, err)
                  : err_set(err, -EINVAL, "\"%.40s\" is not known in a contact", key);
    json_object_end(out);
    return ret;
}

static int contacts_write(const struct json_node *contacts, struct json_out *out,
                          struct cw_error *err)
{
    const struct json_node *contact;
    int ret = 0;
    size_t i = 0;
    json_key(out, "contacts");
    json_array(out);
    for (; ret == 0 && (contact = node_at(contacts, i)); i++)
        ret = i < MAX_CONTACTS ? contact_write(contact, out, err)
                               : err_set(err, -EINVAL, "more than %u contacts", MAX_CONTACTS);
    json_array_end(out);
    return ret;
}

/* The body as it is kept: known members only. */
static int person_write(const struct json_node *body, struct json_out *out,
                        struct cw_error *err)
{
    static const char *const keys[] = {"name", "phone", "address", "allergies", "remark", NULL};
    const char *key;
    int ret = 0;
    if (!node_is_object(body) || !node_is_text(node_get(body, "name")))
        return err_set(err, -EINVAL, "the body must be an object with a \"name\"");
    json_object(out);
    for (size_t i = 0; ret == 0 && node_member(body, i, &key); i++) {
        if (strcmp(key, "contacts") == 0)
            ret = contacts_write(node_get(body, key), out, err);
        else
            ret = is_one_of(key, keys) ? text_member(body, key, key, out, err)
                                       : err_set(err, -EINVAL, "\"%.40s\" is not known", key);
    }
    json_object_end(out);
    return ret;
}

static void on_set(void *ctx)
{
    struct person *person = ctx;
    struct api *api = pending_take(person->pending);
    if (api)
        api_answer(api, person->pending->request, 204, NULL, CW_STR(""));
    person_free(person);
}

void handle_name_put(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct site *site = person_site(exchange);
    struct cw_error err = {""};
    struct json_out out;
    if (!site)
        return;
    struct json_node *body = json_read(exchange->request->body, &err);
    struct buf text;
    buf_init(&text, MAX_NAME_BYTES);
    json_out_init(&out, &text);
    int ret = body ? person_write(body, &out, &err) : -EINVAL;
    if (ret == 0 && text.full)
        ret = err_set(&err, -EINVAL, "that is more than %u bytes", MAX_NAME_BYTES);
    if (ret)
        api_problem(api, exchange->request->id, 400, NULL, "%s.", err.text);
    else
        store_name_set(api->daemon->store, site->id, exchange->id, buf_str(&text), on_set,
                       person_new(exchange, site->id, exchange->id));
    json_read_free(body);
    if (text.n > 0)
        explicit_bzero(text.p, text.n);
    buf_done(&text);
}

/* ---- all that is there ---- */

/* Devices and visits, as the fold has them. */
static void write_live(const struct api *api, const struct person *person, struct buf *body)
{
    const struct fold *fold = api_fold(api);
    const struct site *site = registry_site(&fold->registry, str_of(person->site));
    struct json_out out;
    json_out_init(&out, body);
    out.comma = true;
    json_key(&out, "devices");
    json_array(&out);
    for (const struct device *d = site ? site->first_device : NULL; d; d = d->next_of_site) {
        if (strcmp(d->resident, person->resident) == 0)
            device_json(d, &out);
    }
    json_array_end(&out);
    json_key(&out, "visits");
    json_array(&out);
    for (uint32_t i = 0; site && i < fold->service->n_visits; i++) {
        const struct visit *visit = fold->service->by_number[i];
        if (visit && visit->site == site->number &&
            strcmp(visit->recipient, person->resident) == 0)
            visit_json(&fold->registry, visit, &out);
    }
    json_array_end(&out);
}

static void on_export_rows(void *ctx, struct cw_str members, uint64_t was_read)
{
    struct person *person = ctx;
    struct api *api = person_asked(person, was_read);
    if (!api)
        return;
    if (members.n > 0) {
        buf_add_char(&person->body, ',');
        buf_add_str(&person->body, members);
    }
    write_live(api, person, &person->body);
    buf_add_char(&person->body, '}');
    answer_audited(api, person);
}

static void on_export_name(void *ctx, struct cw_str text, uint64_t was_read)
{
    struct person *person = ctx;
    struct api *api = person_asked(person, was_read);
    if (!api)
        return;
    begin_body(person, text);
    store_resident_export(api->daemon->store, person->site, person->resident, on_export_rows,
                          person);
}

void handle_resident_export(struct exchange *exchange)
{
    const struct site *site = person_site(exchange);
    if (site)
        store_name_get(exchange->api->daemon->store, site->id, exchange->id, on_export_name,
                       person_new(exchange, site->id, exchange->id));
}

/* ---- erase ---- */

static void on_erased(void *ctx, const struct erase_result *result)
{
    struct person *person = ctx;
    struct api *api = pending_take(person->pending);
    struct json_out out;
    if (api && result->rc) {
        api_problem(api, person->pending->request, 503, "Retry-After: 60\r\n",
                    "Not all of it could be erased, try again: %s.", result->why);
    } else if (api) {
        json_out_init(&out, &person->body);
        json_object(&out);
        json_member_int(&out, "journal_records", (int64_t)result->n_records);
        json_member_int(&out, "store_rows", (int64_t)result->n_rows);
        json_member_int(&out, "quarantine_files", result->n_quarantines);
        json_member_int(&out, "words", result->n_words);
        json_member_int(&out, "words_too_short", result->n_short);
        json_object_end(&out);
        api_answer(api, person->pending->request, 200, NULL, buf_str(&person->body));
    }
    person_free(person);
}

void handle_resident_erase(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct site *site = person_site(exchange);
    struct cw_error err = {""};
    struct mask_words more = {.n = 0};
    const struct json_node *word;
    if (!site)
        return;
    struct json_node *body = json_read(exchange->request->body, &err);
    if (!node_is_object(body)) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "The body must be {} or {\"words\":[...]}.");
        json_read_free(body);
        return;
    }
    for (size_t i = 0; i < MAX_CONTACTS && (word = node_at(node_get(body, "words"), i)); i++)
        mask_words_add(&more, str_of(node_text(word, "")));
    json_read_free(body);
    const struct erase_request request = {
        .site = site->id, .resident = exchange->id, .by = exchange->caller.by, .more = &more};
    struct person *person = person_new(exchange, site->id, exchange->id);
    if (erase_resident(api->daemon->erase, &request, on_erased, person) != 0) {
        (void)pending_take(person->pending);
        api_problem(api, exchange->request->id, 409, "Retry-After: 60\r\n",
                    "Another resident is being erased.");
        person_free(person);
    }
    mask_words_done(&more);
}

/* ---- for the seat that handles an alarm ---- */

/* When a device of the resident was heard last, and which. */
static void write_activity(const struct api *api, const struct person *person, struct buf *body)
{
    const struct site *site = registry_site(&api_fold(api)->registry, str_of(person->site));
    const struct device *last = NULL;
    struct json_out out;
    for (const struct device *d = site ? site->first_device : NULL; d; d = d->next_of_site) {
        if (strcmp(d->resident, person->resident) == 0 && (!last || d->data_ns > last->data_ns))
            last = d;
    }
    json_out_init(&out, body);
    out.comma = true;
    json_member_text(&out, "alarm", str_of(person->alarm));
    json_key(&out, "last_activity");
    if (last && last->data_ns > 0) {
        json_object(&out);
        json_member_text(&out, "device", str_of(last->id));
        json_member_time(&out, "at", last->data_ns);
        json_object_end(&out);
    } else {
        json_null(&out);
    }
}

static void on_person(void *ctx, struct cw_str text, uint64_t was_read)
{
    struct person *person = ctx;
    struct api *api = person_asked(person, was_read);
    if (!api)
        return;
    begin_body(person, text);
    write_activity(api, person, &person->body);
    buf_add_char(&person->body, '}');
    answer_audited(api, person);
}

void handle_alarm_person(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct caller *caller = &exchange->caller;
    const struct alarm *alarm = alarm_find(&api_fold(api)->alarms, str_of(exchange->id));
    if (!alarm || !caller_may_see(caller, alarm->site, alarm->district) ||
        alarm->resident[0] == '\0') {
        api_problem(api, exchange->request->id, 404, NULL, "There is no alarm %s of a person.",
                    exchange->id);
    } else if (alarm->state == ALARM_CLOSED ||
               (!(caller->role & ROLE_SUPERVISOR) && strcmp(alarm->acked_by, caller->by) != 0 &&
                strcmp(alarm->owner, caller->by) != 0)) {
        api_problem(
            api, exchange->request->id, 403, NULL,
            "Only who has acknowledged the alarm, or was sent, sees the person, while it "
            "is open.");
    } else {
        struct person *person = person_new(exchange, alarm->site, alarm->resident);
        (void)str_copy(person->alarm, sizeof(person->alarm), str_of(alarm->id));
        store_name_get(api->daemon->store, alarm->site, alarm->resident, on_person, person);
    }
}
