/*
 * api_fixture.h - the API on a real loop, for tests: journal, store, fold and server in a
 * folder of their own, tokens of every role, two sites, and one way to ask.
 */
#ifndef TESTS_API_FIXTURE_H
#define TESTS_API_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "erase.h"
#include "io/http_peer.h"
#include "io/json_read.h"

/* Tokens of parts of the city, for test_api_scope.c. */
static const struct token scopes[] = {
    {.role = "supervisor", .district = "d1"},
    {.role = "supervisor", .area = "st1"},
    {.role = "district", .area = "c1"},
    {.role = "supervisor", .area = "d1"},
    {.role = "supervisor", .department = "office one"},
    {.role = "inspector", .area = "st1", .department = "office one"},
    {.role = "supervisor", .site = "qnear"},
    {.role = "facility", .site = "qnear"},
};
#define N_SCOPES (sizeof(scopes) / sizeof(scopes[0]))

struct fixture {
    struct daemon daemon;
    char dir[64], journal_dir[96], store_path[96];
    char secret[N_ROLES][TOKEN_SECRET_MAX]; /* by place of the role; "" for public */
    char expired[TOKEN_SECRET_MAX], other_site[TOKEN_SECRET_MAX];
    char second[TOKEN_SECRET_MAX]; /* another supervisor */
    char scoped[N_SCOPES][TOKEN_SECRET_MAX];
};

static const char *const role_word[N_ROLES] = {"",           "viewer",    "dispatcher",
                                               "supervisor", "admin",     "facility",
                                               "district",   "inspector", "metrics"};

static inline void say_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    print_message("configuration: %s\n", mistake->text);
}

static inline void add_token(struct fixture *f, const char *role, const char *site,
                             const char *district, int64_t expires_ns, char *secret)
{
    struct token token = {.expires_ns = expires_ns};
    struct cw_error err = {""};
    (void)snprintf(token.role, sizeof(token.role), "%s", role);
    (void)snprintf(token.site, sizeof(token.site), "%s", site);
    (void)snprintf(token.district, sizeof(token.district), "%s", district);
    (void)snprintf(token.label, sizeof(token.label), "the-%s", role);
    if (store_token_add(f->store_path, &token, secret, &err) != 0)
        fail_msg("%s", err.text);
}

static inline void add_tokens(struct fixture *f)
{
    for (uint32_t i = 1; i < N_ROLES; i++)
        add_token(f, role_word[i], 1u << i == ROLE_FACILITY ? "home-1" : "",
                  1u << i == ROLE_DISTRICT ? "510104" : "", 0, f->secret[i]);
    add_token(f, "viewer", "", "", 1, f->expired);
    add_token(f, "facility", "home-2", "", 0, f->other_site);
    for (size_t i = 0; i < N_SCOPES; i++) {
        struct token scope = scopes[i];
        (void)snprintf(scope.label, sizeof(scope.label), "scope-%zu", i);
        assert_int_equal(store_token_add(f->store_path, &scope, f->scoped[i], NULL), 0);
    }
    struct token second = {.role = "supervisor", .label = "the-second"};
    assert_int_equal(store_token_add(f->store_path, &second, f->second, NULL), 0);
}

static const char rules[] =
    "lists = ( { name = \"red\"; title = \"红榜\"; source = \"city\"; honour = true;"
    " answer_days = 0; months = 12; },"
    " { name = \"black\"; title = \"黑榜\"; source = \"city\"; } );\n"
    "partners = ( { name = \"region-m\"; key = "
    "\"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c\"; } );\n"
    "duties = ( { name = \"annual_report\"; title = \"年报\"; source = \"Order 60 art. 11\";"
    " due = [ \"05-31\" ]; of_previous_year = true; } );\n"
    "rules = ( { name = \"spo2-low\"; metric = \"spo2\"; detector = \"threshold\";"
    " below = 90; priority = \"high\"; category = \"physiological\";"
    " text = { zh = \"low\"; en = \"low\"; }; } );\n";

static inline void start_parts(struct fixture *f, const char *auth)
{
    struct daemon *d = &f->daemon;
    struct cw_error err = {""};
    char setting[5][160];
    const char *p[5] = {setting[0], setting[1], setting[2], setting[3], setting[4]};
    (void)snprintf(setting[0], sizeof(setting[0]), "journal.dir=%s", f->journal_dir);
    (void)snprintf(setting[1], sizeof(setting[1]), "store.path=%s", f->store_path);
    (void)snprintf(setting[2], sizeof(setting[2]), "http.auth=%s", auth);
    (void)snprintf(setting[3], sizeof(setting[3]), "http.listen=127.0.0.1:0");
    (void)snprintf(setting[4], sizeof(setting[4]), "influx.url=");
    char file[96];
    (void)snprintf(file, sizeof(file), "%s/feed.key", f->dir);
    FILE *key = fopen(file, "w");
    assert_non_null(key);
    fputs("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n", key);
    fclose(key);
    (void)snprintf(file, sizeof(file), "%s/test.conf", f->dir);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(rules, out);
    fprintf(out, "feed: { key_file = \"%s/feed.key\"; };\n", f->dir);
    fclose(out);
    assert_int_equal(config_load(&d->config, file, p, 5, say_mistake, NULL), 0);
    struct journal_options journal = {.dir = f->journal_dir,
                                      .segment_bytes = 1 << 20,
                                      .quota_bytes = 64 << 20,
                                      .sync_interval_ns = NS_PER_MS,
                                      .synced = pipeline_synced,
                                      .ctx = d};
    pipeline_wake_init(d);
    if (journal_open(&d->journal, &journal, &err) ||
        store_open(&d->store, f->store_path, &d->loop, &err) ||
        quarantine_open(&d->quarantine, f->store_path, 100, &err) ||
        mqtt_start(&d->mqtt, &d->loop, NULL, 0, d->journal, &err) ||
        pipeline_start(&d->pipeline, d, &err) || api_start(&d->api, d, &err))
        fail_msg("%s", err.text);
    erase_start(&d->erase, d);
    struct http_server_options options = {.listen = "127.0.0.1:0",
                                          .max_body_bytes = 65536,
                                          .max_clients = 64,
                                          .max_sse_clients = 8,
                                          .sse_backlog_bytes = 262144,
                                          .header_timeout_ns = 5 * NS_PER_S};
    struct http_handlers handlers = {.ctx = d->api, .request = api_request, .gone = api_gone};
    if (http_server_start(&d->http_server, &d->loop, &options, &handlers, &err))
        fail_msg("%s", err.text);
    d->started_ns = d->config_loaded_ns = clock_wall_ns();
}

static inline int start_with(void **state, const char *auth)
{
    struct fixture *f = calloc(1, sizeof(*f));
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/carewatch-api-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->journal_dir, sizeof(f->journal_dir), "%s/journal", f->dir);
    (void)snprintf(f->store_path, sizeof(f->store_path), "%s/store.db", f->dir);
    uv_loop_init(&f->daemon.loop);
    add_tokens(f);
    start_parts(f, auth);
    *state = f;
    return 0;
}

static inline int start(void **state)
{
    return start_with(state, "token");
}

static inline int start_open(void **state)
{
    return start_with(state, "none");
}

static inline void stop_parts(struct fixture *f)
{
    struct daemon *d = &f->daemon;
    http_server_stop(d->http_server);
    uv_run(&d->loop, UV_RUN_NOWAIT);
    mqtt_stop(d->mqtt);
    erase_stop(d->erase);
    pipeline_stop(d->pipeline);
    d->pipeline = NULL;
    api_stop(d->api);
    store_close(d->store);
    journal_close(d->journal);
    pipeline_wake_done(d);
    quarantine_close(d->quarantine);
    uv_run(&d->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&d->loop), 0);
    config_free(d->config);
}

/* As after a stop and a start of the daemon. */
static inline void restart(struct fixture *f)
{
    stop_parts(f);
    f->daemon = (struct daemon){.started_ns = 0};
    uv_loop_init(&f->daemon.loop);
    start_parts(f, "token");
}

static inline int stop(void **state)
{
    struct fixture *f = *state;
    char command[128];
    stop_parts(f);
    (void)snprintf(command, sizeof(command), "rm -r %s", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

/* ---- asking ---- */

static char answer_text[1 << 20];

/* The status of one request; the whole answer in answer_text. */
static inline int ask(struct fixture *f, const char *method, const char *path,
                      const char *secret, const char *headers, const char *body)
{
    struct peer *peer = peer_open(&f->daemon.loop, http_server_port(f->daemon.http_server), 0);
    char request[4096];
    (void)snprintf(request, sizeof(request),
                   "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s%s%s%s"
                   "Content-Length: %zu\r\n\r\n%s",
                   method, path, secret && secret[0] ? "Authorization: Bearer " : "",
                   secret ? secret : "", secret && secret[0] ? "\r\n" : "",
                   headers ? headers : "", strlen(body ? body : ""), body ? body : "");
    peer_send(peer, request);
    if (strstr(path, "/stream"))
        (void)peer_sees(peer, "\r\n\r\n");
    else
        (void)peer_sees_close(peer);
    memcpy(answer_text, peer->text, peer->n + 1);
    peer_close(peer);
    return strncmp(answer_text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(answer_text + 9, NULL, 10)
                                                     : 0;
}

static inline struct json_node *answer_json(void)
{
    const char *body = strstr(answer_text, "\r\n\r\n");
    struct cw_error err = {""};
    struct json_node *root = body ? json_read(str_of(body + 4), &err) : NULL;
    if (!root)
        fail_msg("%s: %s", err.text, answer_text);
    return root;
}

static inline int count_of(const struct json_node *array)
{
    int n = 0;
    while (node_at(array, (size_t)n))
        n++;
    return n;
}

/* A message as a facility sends it, applied by the fold. */
static inline void message(struct fixture *f, const char *topic, const char *payload)
{
    struct daemon *d = &f->daemon;
    struct record record = {.kind = RECORD_MESSAGE,
                            .source = 1,
                            .topic = str_of(topic),
                            .payload = str_of(payload)};
    struct position at;
    assert_int_equal(journal_append(d->journal, &record, clock_wall_ns(), SYNC_NOW, &at), 0);
    int64_t until = clock_monotonic_ns() + PEER_PATIENCE_NS;
    while (position_cmp(pipeline_position(d->pipeline), at) <= 0 &&
           clock_monotonic_ns() < until) {
        uv_run(&d->loop, UV_RUN_NOWAIT);
        (void)poll(NULL, 0, 1);
    }
    assert_true(position_cmp(pipeline_position(d->pipeline), at) > 0);
}

static inline void site(struct fixture *f, const char *id, const char *district)
{
    char body[200], path[100];
    (void)snprintf(path, sizeof(path), "/api/v1/sites/%s", id);
    (void)snprintf(body, sizeof(body), "{\"kind\":\"institution\",\"district\":\"%s\"}",
                   district);
    int status = ask(f, "PUT", path, f->secret[4], "Content-Type: application/json\r\n", body);
    if (status != 201 && status != 200)
        fail_msg("%s", answer_text);
}

/* A row of one kind, as an administrator imports it. */
static inline void entry(struct fixture *f, const char *kind, const char *row)
{
    char body[600], path[100];
    (void)snprintf(path, sizeof(path), "/api/v1/import/%s", kind);
    (void)snprintf(body, sizeof(body), "{\"rows\":[%s]}", row);
    int status = ask(f, "POST", path, f->secret[4], "Content-Type: application/json\r\n", body);
    if (status != 200 || strstr(answer_text, "refused\":1"))
        fail_msg("%s", answer_text);
}

/* Two sites in two districts; an unplanned check-out is an alarm of home-1. */
static inline void populate(struct fixture *f)
{
    site(f, "home-1", "510104");
    site(f, "home-2", "510105");
    entry(f, "organisations", "{\"org\":\"home-1\",\"name\":\"One\",\"district\":\"510104\"}");
    entry(f, "projects", "{\"project\":\"home-1\",\"org\":\"home-1\"}");
    (void)ask(f, "PUT", "/api/v1/sites/dept-1", f->secret[4],
              "Content-Type: application/json\r\n",
              "{\"kind\":\"department\",\"district\":\"city\"}");
    message(f, "care/v1/dept-1/desk/event",
            "{\"id\":\"d1\",\"type\":\"inspection.finding\",\"inspection\":\"home-1\","
            "\"org\":\"home-1\"}");
    message(f, "care/v1/dept-1/desk/event",
            "{\"id\":\"d2\",\"type\":\"evaluation.scored\",\"org\":\"home-1\","
            "\"scheme\":\"s\"}");
    message(f, "care/v1/dept-1/desk/event",
            "{\"id\":\"d3\",\"type\":\"duty.result\",\"org\":\"home-1\",\"duty\":\"report\","
            "\"period\":\"2025\",\"result\":\"passed\"}");
    message(f, "care/v1/dept-1/desk/event",
            "{\"id\":\"d4\",\"type\":\"complaint.filed\",\"complaint\":\"home-1\","
            "\"org\":\"home-1\"}");
    message(f, "care/v1/dept-1/desk/event",
            "{\"id\":\"d5\",\"type\":\"credit.listed\",\"org\":\"home-1\",\"list\":"
            "\"red\",\"evidence\":\"file 1\"}");
    message(f, "care/v1/dept-1/desk/event",
            "{\"id\":\"d6\",\"type\":\"campaign.planned\",\"campaign\":\"home-1\",\"count\":1,"
            "\"district\":\"510104\","
            "\"pool\":[\"a\",\"b\"]}");
    message(f, "care/v1/home-1/bed-1/telemetry", "{\"hr\":72,\"spo2\":97}");
    message(f, "care/v1/home-2/bed-2/telemetry", "{\"hr\":70}");
}

/* The id of the alarm that a low saturation at the site raises. */
static inline void raise_alarm(struct fixture *f, const char *site_id, char id[HASH_ID_MAX])
{
    char topic[100];
    (void)snprintf(topic, sizeof(topic), "care/v1/%s/bed-9/telemetry", site_id);
    message(f, topic, "{\"spo2\":80}");
    const struct alarm *alarm;
    const struct alarm_set *set = &engine_fold(pipeline_engine(f->daemon.pipeline))->alarms;
    id[0] = '\0';
    for (uint32_t i = 0; (alarm = map_next(&set->by_key, &i, NULL));) {
        if (strcmp(alarm->site, site_id) == 0)
            (void)snprintf(id, HASH_ID_MAX, "%s", alarm->id);
    }
    if (id[0] == '\0')
        fail_msg("no alarm of %s was raised", site_id);
}

#endif
