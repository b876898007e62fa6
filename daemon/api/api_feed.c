/*
 * api_feed.c - lists of organisations to and from other departments and regions: our
 * publications in numbered, signed lines, and theirs, each taken in only when its signature is
 * that of a partner of the configuration.
 *
 *   {"seq":7,"payload":"{...}","signature":"..."}      signed are the bytes of the payload
 *
 * Theirs are shown as what they are, another's word, and put nobody on a list of ours.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/oversight/credit.h"
#include "io/feed_sign.h"
#include "io/json_read.h"

#define FEED_PAGE 50 /* to sign one takes some 50 us */
#define MAX_PAYLOAD 8192u
#define MAX_RECEIVED 100u

/* ---- ours ---- */

static struct feed_key *own_key(const struct exchange *exchange)
{
    const char *hex = exchange->api->daemon->config->feed.key;
    return hex ? feed_key_new(hex) : NULL;
}

static void write_line(const struct fold *fold, const struct entry *line,
                       const struct feed_key *key, struct json_out *out)
{
    char signature[FEED_SIGNATURE_HEX + 1];
    struct buf payload;
    struct json_out json;
    buf_init(&payload, MAX_PAYLOAD);
    json_out_init(&json, &payload);
    entry_json(fold, line, true, &json);
    json_object(out);
    json_member_int(out, "seq", entry_int(line, "seq", 0));
    json_member_text(out, "payload", buf_str(&payload));
    if (key) {
        feed_sign(key, buf_str(&payload), signature);
        json_member_text(out, "signature", str_of(signature));
    }
    json_object_end(out);
    buf_done(&payload);
}

/* In order, from behind `after`; a number that is no more was pruned by policy. */
void handle_feed(struct exchange *exchange)
{
    const struct fold *fold = api_fold(exchange->api);
    int64_t after = parameter_int(exchange, "after", 0), last = publication_last(fold);
    int64_t limit = parameter_int(exchange, "limit", FEED_PAGE), n = 0, seq = after;
    struct feed_key *key = own_key(exchange);
    char next[NUM_MAX] = "";
    struct json_out out;
    api_list_begin(exchange->api, &out);
    while (seq < last && n < limit) {
        const struct entry *line = publication_find(fold, ++seq);
        if (line)
            write_line(fold, line, key, &out);
        n += line != NULL;
    }
    if (seq < last)
        (void)snprintf(next, sizeof(next), "%lld", (long long)seq);
    api_list_end(exchange, &out, next);
    feed_key_free(key);
}

void handle_feed_key(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct feed_key *key = own_key(exchange);
    char hex[FEED_KEY_HEX + 1];
    struct json_out out;
    if (!key) {
        api_problem(api, exchange->request->id, 404, NULL, "The feed is not signed here.");
        return;
    }
    feed_key_public(key, hex);
    feed_key_free(key);
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    json_member_text(&out, "algorithm", CW_STR("Ed25519"));
    json_member_text(&out, "key", str_of(hex));
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

/* ---- theirs ---- */

static const struct partner *partner_of(const struct exchange *exchange, const char *name)
{
    const struct config *config = exchange->api->daemon->config;
    for (size_t i = 0; i < config->n_partners; i++)
        if (strcmp(config->partner[i].name, name) == 0)
            return &config->partner[i];
    return NULL;
}

/* Ours of that unified code; what we do not know concerns nobody here. */
static const struct entry *org_of_code(const struct fold *fold, const char *code)
{
    for (uint32_t i = 0; code[0] && i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (entry && entry->kind == &kind_organisations &&
            str_is(entry_text(entry, "unified_code"), code))
            return entry;
    }
    return NULL;
}

static void copy_text(struct json_out *out, const struct json_node *from, const char *key)
{
    json_member_opt(out, key, str_of(node_text(node_get(from, key), "")));
}

static void on_received(void *ctx, int code, const struct alarm *alarm,
                        const struct cw_error *err)
{
    (void)ctx;
    (void)code;
    (void)alarm;
    (void)err; /* a refused one is counted by the fold; the answer was that it is on its way */
}

static void take_in(struct exchange *exchange, const struct partner *partner,
                    const struct entry *org, const struct json_node *payload)
{
    static const char *const same[] = {"decision", "authority", "clause",
                                       "from",     "until",     "change"};
    char evidence[200], id[512];
    const char *list = node_text(node_get(payload, "list"), "");
    struct buf record;
    struct json_out out;
    buf_init(&record, MAX_PAYLOAD);
    json_out_init(&out, &record);
    (void)snprintf(id, sizeof(id), "%s.%.64s.%.64s", org->id, partner->name, list);
    (void)snprintf(evidence, sizeof(evidence), "feed of %.64s, line %lld", partner->name,
                   (long long)node_int(node_get(payload, "seq"), 0));
    json_object(&out);
    json_member_text(&out, "by", str_of(exchange->caller.by));
    json_member_text(&out, "case", str_of(id));
    json_member_text(&out, "org", str_of(org->id));
    json_member_text(&out, "list", str_of(list));
    json_member_text(&out, "received_from", str_of(partner->name));
    json_member_text(&out, "evidence", str_of(evidence));
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        copy_text(&out, payload, same[i]);
    json_object_end(&out);
    exchange->api->n_commands++;
    pipeline_command(exchange->api->daemon->pipeline, "credit.received", buf_str(&record),
                     on_received, NULL);
    buf_done(&record);
}

/* *seq: the number that was signed, 0 when it cannot be believed. */
static const char *verdict_of(struct exchange *exchange, const struct partner *partner,
                              const struct json_node *line, int64_t *seq)
{
    const char *text = node_text(node_get(line, "payload"), "");
    struct cw_error err = {""};
    *seq = 0;
    if (!feed_verify(partner->key, str_of(text),
                     str_of(node_text(node_get(line, "signature"), ""))))
        return "bad signature";
    struct json_node *payload = json_read(str_of(text), &err);
    const char *list = node_text(node_get(payload, "list"), "");
    const struct entry *org =
        org_of_code(api_fold(exchange->api), node_text(node_get(payload, "unified_code"), ""));
    bool is_good = payload && id_valid(str_of(list));
    *seq = node_int(node_get(payload, "seq"), 0);
    if (is_good && org)
        take_in(exchange, partner, org, payload);
    json_read_free(payload);
    return !is_good ? "not readable" : org ? "taken" : "not one of ours";
}

/* Which lines came; the fold knows which are missing. */
static void tell_seen(struct exchange *exchange, const struct partner *partner,
                      struct cw_str seqs)
{
    struct buf record;
    struct json_out out;
    if (seqs.n == 0)
        return;
    buf_init(&record, MAX_PAYLOAD);
    json_out_init(&out, &record);
    json_object(&out);
    json_member_text(&out, "by", str_of(exchange->caller.by));
    json_member_text(&out, "feed", str_of(partner->name));
    json_key(&out, "seqs");
    json_array(&out);
    json_raw(&out, seqs);
    json_array_end(&out);
    json_object_end(&out);
    exchange->api->n_commands++;
    pipeline_command(exchange->api->daemon->pipeline, "feed.received", buf_str(&record),
                     on_received, NULL);
    buf_done(&record);
}

void handle_received(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct cw_error err = {""};
    struct json_node *body = json_read(exchange->request->body, &err);
    const struct partner *partner = partner_of(exchange, exchange->id);
    const struct json_node *items = node_get(body, "items"), *line;
    struct json_out out;
    struct buf seqs;
    if (!partner || !items || node_at(items, MAX_RECEIVED)) {
        api_problem(api, exchange->request->id, partner ? 400 : 404, NULL,
                    partner ? "The body is a page of a feed: {\"items\":[...]}, at most %u."
                            : "There is no such partner (%u).",
                    partner ? MAX_RECEIVED : 0u);
        json_read_free(body);
        return;
    }
    buf_init(&seqs, MAX_PAYLOAD);
    api_list_begin(api, &out);
    for (size_t i = 0; (line = node_at(items, i)); i++) {
        int64_t seq;
        const char *verdict = verdict_of(exchange, partner, line, &seq);
        if (seq > 0)
            buf_printf(&seqs, "%s%lld", seqs.n ? "," : "", (long long)seq);
        json_object(&out);
        json_member_int(&out, "seq", node_int(node_get(line, "seq"), 0));
        json_member_text(&out, "verdict", str_of(verdict));
        json_object_end(&out);
    }
    api_list_end(exchange, &out, NULL);
    tell_seen(exchange, partner, buf_str(&seqs));
    buf_done(&seqs);
    json_read_free(body);
}
