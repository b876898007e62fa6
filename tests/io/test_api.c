/*
 * What the API answers: lists, the life of an alarm seen from outside, streams with resume,
 * and documents that other tools read.
 */
#include "api/api_shapes.h"
#include "io/api_fixture.h"

/* ---- questions ---- */

static void wrong_parameters_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const path[] = {
        "/api/v1/alarms?limit=1001",
        "/api/v1/alarms?limit=0",
        "/api/v1/alarms?limit=x",
        "/api/v1/alarms?nonsense=1",
        "/api/v1/alarms?state=sleepy",
        "/api/v1/alarms?site=a%20b",
        "/api/v1/alarms?state=open&state=open",
        "/api/v1/alarms?after=%00",
        "/api/v1/alarms?after=x",
        "/api/v1/sites?after=x",
        "/api/v1/stream?topics=gossip",
        "/api/v1/series?device=x",
        "/api/v1/explain?device=x",
        "/api/v1/explain?rule=x",
        "/api/v1/explain?device=x&rule=y&at=noon",
        "/api/v1/visits?after=-1",
        "/api/v1/stream?topics=series:a/b",
    };
    for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
        if (ask(f, "GET", path[i], f->secret[1], NULL, NULL) != 400)
            fail_msg("%s: %s", path[i], answer_text);
        assert_non_null(strstr(answer_text, "application/problem+json"));
    }
}

static void lists_go_on_page_by_page(void **state)
{
    struct fixture *f = *state;
    char path[100];
    for (int i = 0; i < 7; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "site-%d", i);
        site(f, id, "1");
    }
    message(f, "care/v1/site-0/d/telemetry", "{\"hr\":1}");
    int n = 0, pages = 0;
    (void)snprintf(path, sizeof(path), "/api/v1/sites?limit=3");
    for (bool more = true; more; pages++) {
        assert_int_equal(ask(f, "GET", path, f->secret[1], NULL, NULL), 200);
        struct json_node *root = answer_json();
        n += count_of(node_get(root, "items"));
        const char *next = node_text(node_get(root, "next"), NULL);
        more = next != NULL;
        if (more)
            (void)snprintf(path, sizeof(path), "/api/v1/sites?limit=3&after=%s", next);
        json_read_free(root);
    }
    assert_int_equal(n, 7);
    assert_int_equal(pages, 3);
}

static void an_alarm_is_acknowledged_once(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX], path[100], headers[200];
    const char *json = "Content-Type: application/json\r\n";
    populate(f);
    raise_alarm(f, "home-1", id);
    const struct alarm *alarm =
        alarm_find(&engine_fold(pipeline_engine(f->daemon.pipeline))->alarms, str_of(id));
    uint32_t rev = alarm->rev;
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/ack", id);
    const char *dispatcher = f->secret[2];
    assert_int_equal(ask(f, "POST", path, dispatcher,
                         "Content-Type: application/json\r\nIf-Match: 3\r\n", "{}"),
                     400);
    assert_int_equal(ask(f, "POST", path, dispatcher, json, "{\"note\":3}"), 400);
    assert_int_equal(ask(f, "POST", path, dispatcher, json, "[1"), 400);
    assert_int_equal(ask(f, "POST", path, dispatcher,
                         "Content-Type: application/json\r\nIf-Match: \"99\"\r\n", "{}"),
                     412);
    (void)snprintf(headers, sizeof(headers),
                   "Content-Type: application/json\r\nIf-Match: \"%u\"\r\n"
                   "Idempotency-Key: k1\r\n",
                   rev);
    assert_int_equal(ask(f, "POST", path, dispatcher, headers, "{\"note\":\"on my way\"}"),
                     200);
    assert_non_null(strstr(answer_text, "\"acked_by\":\"the-dispatcher\""));
    /* The same key again is the same answer; another one is too late. */
    assert_int_equal(ask(f, "POST", path, dispatcher, headers, "{\"note\":\"on my way\"}"),
                     200);
    assert_non_null(strstr(answer_text, "\"acked_by\":\"the-dispatcher\""));
    int again = ask(f, "POST", path, dispatcher, json, "{}");
    if (again != 409)
        fail_msg("%s", answer_text);
    assert_int_equal(ask(f, "POST", "/api/v1/alarms/NOTHERE/ack", dispatcher, json, "{}"), 404);
}

static void why_says_what_stands_behind_an_alarm(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX], path[100];
    populate(f);
    raise_alarm(f, "home-1", id);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/why", id);
    assert_int_equal(ask(f, "GET", path, f->secret[1], NULL, NULL), 200);
    static const char *const part[] = {
        "\"alarm\":{\"id\":",
        "\"rule\":\"spo2-low\"",
        "\"told\":true",
        "\"code\":\"told\"",
        "\"inputs\":[{\"kind\":\"metric\",\"name\":\"spo2\"",
        "\"thresholds\":{",
        "\"below\":\"90\"",
        "\"timers\":{",
        "\"suppressors\":[",
        "\"routing\":[",
        "\"deliveries\":[",
    };
    for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
        if (!strstr(answer_text, part[i]))
            fail_msg("no %s in %s", part[i], answer_text);
    }
    assert_int_equal(ask(f, "GET", path, f->other_site, NULL, NULL), 404);
    assert_int_equal(ask(f, "GET", "/api/v1/alarms/NONE/why", f->secret[1], NULL, NULL), 404);
}

static void the_rules_are_shown_with_their_limits(void **state)
{
    struct fixture *f = *state;
    populate(f);
    assert_int_equal(ask(f, "GET", "/api/v1/rules", f->secret[1], NULL, NULL), 200);
    static const char *const part[] = {
        "{\"rule\":\"spo2-low\",\"priority\":\"high\"",
        "\"detector\":\"threshold\",\"thresholds\":{\"metric\":\"spo2\"", "\"below\":\"90\"",
        "{\"rule\":\"device-silent\"", /* the built-in ones too */
    };
    for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
        if (!strstr(answer_text, part[i]))
            fail_msg("no %s in %s", part[i], answer_text);
    }
}

/* The answer is the site as the fold has it; what the fold does not take is no 200. */
static void a_registration_is_answered_as_it_was_applied(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body;
        int status;
    } row[] = {
        {"{\"kind\":\"home\",\"district\":\"510104\",\"lat\":30.5,\"lon\":104}", 201},
        {"{\"name\":\"One\"}", 200},
        {"{\"kind\":\"base\",\"lat\":300,\"lon\":104}", 400},
        {"{\"kind\":\"base\",\"lat\":30}", 400},
        {"{\"kind\":\"base\",\"district\":\"no id\"}", 400},
        {"{\"kind\":\"base\",\"crs\":\"a-name-that-is-too-long\"}", 400},
        {"{\"kind\":\"castle\"}", 400},
    };
    const char *want =
        "\"kind\":\"home\",\"district\":\"510104\",\"name\":\"One\",\"lat\":30.5,";
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        int status = ask(f, "PUT", "/api/v1/sites/home-7", f->secret[4],
                         "Content-Type: application/json\r\n", row[i].body);
        if (status != row[i].status || (status < 400 && !strstr(answer_text, "\"home-7\"")))
            fail_msg("%s: %s", row[i].body, answer_text);
        if (i == 1)
            assert_non_null(strstr(answer_text, want));
    }
    assert_int_equal(ask(f, "GET", "/api/v1/sites/home-7", f->secret[4], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, want));
}

/* ---- streams ---- */

static struct peer *open_stream(struct fixture *f, const char *topics, const char *secret,
                                const char *headers)
{
    struct peer *peer = peer_open(&f->daemon.loop, http_server_port(f->daemon.http_server), 0);
    char request[600];
    (void)snprintf(request, sizeof(request),
                   "GET /api/v1/stream?topics=%s HTTP/1.1\r\nHost: localhost\r\n"
                   "Authorization: Bearer %s\r\n%s\r\n",
                   topics, secret, headers);
    peer_send(peer, request);
    assert_true(peer_sees(peer, "retry: "));
    return peer;
}

static void a_stream_tells_alarms_to_those_who_may_see_them(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX];
    populate(f);
    struct peer *all =
        open_stream(f, "alarms,kpi,marks,series:home-1/bed-1/hr", f->secret[1], "");
    struct peer *other = open_stream(f, "alarms,kpi", f->other_site, "");
    assert_true(peer_sees(all, "event: kpi\ndata: {\"t\":"));
    assert_true(peer_sees(all, "event: marks\ndata: "));
    assert_true(peer_sees(all, "event: series\ndata: "));
    raise_alarm(f, "home-1", id);
    assert_true(peer_sees(all, "event: alarm\ndata: {"));
    assert_true(peer_sees(all, id));
    api_tick(f->daemon.api, clock_wall_ns());
    assert_true(peer_sees(other, "event: kpi"));
    assert_null(strstr(other->text, "event: alarm"));
    peer_close(all);
    peer_close(other);
}

/* Withdrawn while the stream is open: nothing more goes out, not even what is known. */
static void a_stream_ends_with_the_consent(void **state)
{
    struct fixture *f = *state;
    populate(f);
    message(f, "care/v1/home-1/gw/roster",
            "{\"devices\":[{\"device\":\"band-1\",\"kind\":\"wristband\",\"resident\":"
            "\"r-1\"}],\"residents\":[{\"resident\":\"r-1\",\"consent\":{\"vitals\":true}}]}");
    message(f, "care/v1/home-1/band-1/telemetry", "{\"hr\":71}");
    struct peer *before = open_stream(f, "kpi,series:home-1/band-1/hr", f->secret[1], "");
    struct peer *shows = open_stream(f, "alarms,kpi", f->secret[5], "");
    struct peer *elsewhere = open_stream(f, "alarms,kpi", f->other_site, "");
    assert_true(peer_sees(before, "\"metric\":\"hr\""));
    message(f, "care/v1/home-1/gw/roster",
            "{\"devices\":[{\"device\":\"band-1\",\"kind\":\"wristband\",\"resident\":"
            "\"r-1\"}],\"residents\":[{\"resident\":\"r-1\",\"consent\":{\"vitals\":false}}]}");
    struct peer *after = open_stream(f, "kpi,series:home-1/band-1/hr", f->secret[1], "");
    assert_true(peer_sees(after, "event: kpi"));
    api_tick(f->daemon.api, clock_wall_ns());
    assert_true(peer_sees(after, "event: kpi"));
    assert_null(strstr(after->text, "event: series"));
    /* Who shows what was measured there hears that it may be another, and nobody else. */
    assert_true(peer_sees(before, "event: consent\ndata: {}"));
    assert_true(peer_sees(shows, "event: consent\ndata: {}"));
    assert_true(peer_sees(elsewhere, "event: kpi"));
    assert_null(strstr(elsewhere->text, "event: consent"));
    peer_close(before);
    peer_close(shows);
    peer_close(elsewhere);
    peer_close(after);
}

/* Neither what is told from now on nor what is told again to who comes back. */
static void a_stream_hides_what_an_alarm_was_raised_with(void **state)
{
    struct fixture *f = *state;
    const char *json = "Content-Type: application/json\r\n";
    char headers[100], path[100];
    populate(f);
    message(f, "care/v1/home-1/gw/roster",
            "{\"devices\":[{\"device\":\"band-1\",\"kind\":\"wristband\",\"resident\":"
            "\"r-1\"}],\"residents\":[{\"resident\":\"r-1\",\"consent\":{\"vitals\":true}}]}");
    struct position before = pipeline_position(f->daemon.pipeline);
    struct peer *live = open_stream(f, "alarms", f->secret[1], "");
    message(f, "care/v1/home-1/band-1/telemetry", "{\"spo2\":81}");
    assert_true(peer_sees(live, "\"value\":81"));
    peer_close(live);
    message(f, "care/v1/home-1/gw/roster",
            "{\"devices\":[{\"device\":\"band-1\",\"kind\":\"wristband\",\"resident\":"
            "\"r-1\"}],\"residents\":[{\"resident\":\"r-1\",\"consent\":{\"vitals\":false}}]}");
    const struct alarm *alarm =
        alarm_open(&engine_fold(pipeline_engine(f->daemon.pipeline))->alarms,
                   CW_STR("spo2-low"), CW_STR("home-1/band-1/spo2"));
    assert_non_null(alarm);
    live = open_stream(f, "alarms", f->secret[1], "");
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/ack", alarm->id);
    assert_int_equal(ask(f, "POST", path, f->secret[2], json, "{}"), 200);
    assert_true(peer_sees(live, "\"withheld\":\"vitals\""));
    assert_null(strstr(live->text, "\"value\":"));
    peer_close(live);
    (void)snprintf(headers, sizeof(headers), "Last-Event-ID: %u.%llu.0\r\n", before.epoch,
                   (unsigned long long)before.offset - 1);
    struct peer *again = open_stream(f, "alarms", f->secret[1], headers);
    assert_true(peer_sees(again, "\"state\":\"acked\""));
    assert_non_null(strstr(again->text, "\"state\":\"unack\""));
    assert_null(strstr(again->text, "\"value\":"));
    peer_close(again);
}

static void a_stream_resumes_or_says_reset(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX], headers[200];
    populate(f);
    struct peer *first = open_stream(f, "alarms", f->secret[1], "");
    raise_alarm(f, "home-1", id);
    assert_true(peer_sees(first, "event: alarm"));
    const char *frame = strstr(first->text, "\nid: ");
    assert_non_null(frame);
    struct position at;
    unsigned ordinal = 0, epoch = 0;
    unsigned long long offset = 0;
    assert_int_equal(sscanf(frame, "\nid: %u.%llu.%u", &epoch, &offset, &ordinal), 3);
    at = (struct position){epoch, offset};
    peer_close(first);
    /* From just before it: told again. From it: silence. From another life: reset. */
    (void)snprintf(headers, sizeof(headers), "Last-Event-ID: %u.%llu.%u\r\n", at.epoch,
                   (unsigned long long)at.offset - 1, 0u);
    struct peer *again = open_stream(f, "alarms", f->secret[1], headers);
    assert_true(peer_sees(again, id));
    assert_null(strstr(again->text, "event: reset"));
    peer_close(again);
    struct peer *scoped = open_stream(f, "alarms", f->other_site, headers);
    assert_true(peer_sees(scoped, ": alive"));
    assert_null(strstr(scoped->text, "event: alarm"));
    peer_close(scoped);
    static const char *const strange[] = {"Last-Event-ID: 0.1.0\r\n", "Last-Event-ID: x\r\n",
                                          "Last-Event-ID: 999.1.0\r\n"};
    for (size_t i = 0; i < 3; i++) {
        struct peer *lost = open_stream(f, "alarms", f->secret[1], strange[i]);
        assert_true(peer_sees(lost, "event: reset"));
        peer_close(lost);
    }
}

/* However many there are, only some are served in one turn of the loop; and each gets all. */
static void many_streams_are_served_by_and_by(void **state)
{
    enum { N = 7, A_TURN = 2 };
    struct fixture *f = *state;
    static struct peer *peer[N];
    char id[2][HASH_ID_MAX];
    populate(f);
    f->daemon.api->streams_a_turn = A_TURN;
    for (int i = 0; i < N; i++)
        peer[i] = open_stream(f, "alarms", f->secret[1], "");
    raise_alarm(f, "home-1", id[0]);
    raise_alarm(f, "home-2", id[1]);
    for (int i = 0; i < N; i++) {
        assert_true(peer_sees(peer[i], id[0]));
        assert_true(peer_sees(peer[i], id[1]));
        const char *first = strstr(peer[i]->text, id[0]);
        assert_true(first < strstr(peer[i]->text, id[1]));
        assert_null(strstr(peer[i]->text, "event: reset"));
    }
    /* Some go while others wait. */
    for (int i = 0; i < N; i += 2)
        peer_close(peer[i]);
    raise_alarm(f, "home-3", id[0]);
    for (int i = 1; i < N; i += 2) {
        assert_true(peer_sees(peer[i], id[0]));
        peer_close(peer[i]);
    }
    assert_int_equal(f->daemon.api->n_served_most, A_TURN);
}

/* ---- documents ---- */

static void the_openapi_document_has_every_route(void **state)
{
    (void)state;
    struct buf text;
    struct cw_error err = {""};
    buf_init(&text, 1 << 20);
    api_openapi(&text);
    struct json_node *root = json_read(buf_str(&text), &err);
    if (!root)
        fail_msg("%s", err.text);
    const struct json_node *paths = node_get(root, "paths");
    size_t n = 0, found = 0;
    for (const struct api_route *r = api_routes; r->method; r++, n++) {
        char method[8] = "";
        for (size_t i = 0; r->method[i]; i++)
            method[i] = (char)(r->method[i] | 32);
        const struct json_node *operation = node_get(node_get(paths, r->pattern), method);
        if (!operation)
            fail_msg("%s %s is not in the document", r->method, r->pattern);
        found += count_of(node_get(operation, "x-roles")) > 0;
    }
    assert_int_equal(n, found);
    json_read_free(root);
    buf_done(&text);
}

/* What a shape says of an alarm is what an alarm has. */
static void the_shapes_are_those_of_routes_and_answers(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX], path[100], allow[64], none[MAX_ID + 1];
    for (const struct route_shape *s = route_shapes; s->method; s++) {
        bool found = false;
        for (const struct api_route *r = api_routes; r->method; r++)
            found = found ||
                    (strcmp(r->method, s->method) == 0 && strcmp(r->pattern, s->pattern) == 0);
        if (!found)
            fail_msg("there is no route %s %s", s->method, s->pattern);
    }
    assert_null(api_route_find(CW_STR("GET"), CW_STR("/api/v1/alarms/x/dance"), none, allow,
                               sizeof(allow)));
    populate(f);
    raise_alarm(f, "home-1", id);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s", id);
    static const struct {
        const char *path, *shape; /* NULL: the alarm */
    } rows[] = {{NULL, "Alarm"}, {"/api/v1/load", "Load"}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            ask(f, "GET", rows[i].path ? rows[i].path : path, f->secret[2], NULL, NULL), 200);
        struct json_node *root = answer_json();
        const struct shape *shape = shapes;
        const char *key;
        while (strcmp(shape->name, rows[i].shape) != 0)
            shape++;
        for (size_t k = 0; node_member(root, k, &key); k++) {
            const struct member *m = shape->member;
            while (m->name && strcmp(m->name, key) != 0)
                m++;
            if (!m->name)
                fail_msg("%s is not in the shape %s", key, shape->name);
        }
        for (const struct member *m = shape->member; m->name; m++) {
            if (m->required && !node_get(root, m->name))
                fail_msg("%s has no %s", rows[i].shape, m->name);
        }
        json_read_free(root);
    }
}

static const char *visit_of_answer(struct fixture *f, const char *path, char dst[2048])
{
    assert_int_equal(ask(f, "GET", path, f->secret[1], NULL, NULL), 200);
    const char *from = strstr(answer_text, "{\"visit\"");
    assert_non_null(from);
    (void)snprintf(dst, 2048, "%.*s", (int)(strcspn(from, "}") + 1), from);
    return dst;
}

/* Every step has its moment, at hand and from the store, and all of it is in the document. */
static void a_visit_is_the_same_at_hand_and_from_the_store(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *site, *type, *members;
    } way[] = {
        {"home-1", "requested", ""},
        {"home-1", "assessed", ""},
        {"home-1", "planned",
         ",\"start\":\"2026-01-01T08:05:00Z\",\"end\":\"2026-01-01T08:06:00Z\","
         "\"worker\":\"w\",\"service\":\"meal\",\"recipient\":\"r\",\"project\":\"p\""},
        {"home-1", "assigned", ""},
        {"home-1", "accepted", ""},
        {"home-1", "checkin", ",\"method\":\"nfc\",\"at\":{\"lat\":30.6,\"lon\":104.1}"},
        {"home-1", "checkout", ""},
        {"home-1", "confirmed", ""},
        {"dept-1", "feedback", ",\"score\":5"},
        {"dept-1", "followup", ""},
        {"dept-1", "settled", ",\"amount_fen\":100"},
    };
    populate(f);
    for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
        char topic[64], text[400];
        (void)snprintf(topic, sizeof(topic), "care/v1/%s/phone/event", way[i].site);
        (void)snprintf(text, sizeof(text),
                       "{\"id\":\"way-%zu\",\"ts\":\"2026-01-01T08:%02zu:00Z\",\"type\":"
                       "\"visit.%s\",\"visit\":\"v1\",\"site\":\"home-1\"%s}",
                       i, i, way[i].type, way[i].members);
        message(f, topic, text);
    }
    char live[2048], stored[2048];
    (void)visit_of_answer(f, "/api/v1/visits?site=home-1", live);
    (void)visit_of_answer(f, "/api/v1/visits?from=2026-01-01T00:00:00Z", stored);
    assert_string_equal(stored, live);
    assert_non_null(strstr(live, "\"feedback_at\":\"2026-01-01T08:08:00.000Z\""));
    assert_non_null(strstr(live, "\"followup_at\":\"2026-01-01T08:09:00.000Z\""));
    struct cw_error err = {""};
    struct json_node *root = json_read(str_of(live), &err);
    const struct shape *shape = shapes;
    while (strcmp(shape->name, "Visit") != 0)
        shape++;
    for (const struct member *m = shape->member; m->name; m++)
        if (!node_get(root, m->name) && strcmp(m->name, "distance_m") != 0)
            fail_msg("%s of a visit is in the document alone", m->name);
    json_read_free(root);
}

static void promtool_accepts_the_metrics(void **state)
{
    struct fixture *f = *state;
    if (system("command -v promtool >/dev/null") != 0)
        skip();
    populate(f);
    assert_int_equal(ask(f, "GET", "/metrics", f->secret[8], NULL, NULL), 200);
    FILE *promtool = popen("promtool check metrics 1>&2", "w");
    const char *body = strstr(answer_text, "\r\n\r\n") + 4;
    assert_null(strstr(body, "home-1"));
    assert_null(strstr(body, "bed-1"));
    assert_non_null(strstr(body, "\nprocess_resident_memory_bytes "));
    assert_null(strstr(body, "\ncarewatch_journal_disk_bytes 0\n"));
    fputs(body, promtool);
    assert_int_equal(pclose(promtool), 0);
}

/* What raises no alarm is nothing that the store is behind with. */
static void readings_alone_leave_the_store_no_lag(void **state)
{
    struct fixture *f = *state;
    populate(f);
    for (int i = 0; i < 20; i++)
        message(f, "care/v1/home-1/bed-1/telemetry", "{\"hr\":72,\"spo2\":97}");
    assert_int_equal(ask(f, "GET", "/metrics", f->secret[8], NULL, NULL), 200);
    if (!strstr(answer_text, "journal_lag_bytes{cursor=\"store\"} 0\n"))
        fail_msg("%s", strstr(answer_text, "journal_lag_bytes{"));
}

static void status_says_what_is(void **state)
{
    struct fixture *f = *state;
    populate(f);
    assert_int_equal(ask(f, "GET", "/api/v1/status", f->secret[1], NULL, NULL), 200);
    struct json_node *root = answer_json();
    static const char *const wanted[] = {"version", "uptime_s", "rates",   "process",
                                         "mqtt",    "notify",   "journal", "store",
                                         "cursors", "config",   "auth",    "unready"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (!node_get(root, wanted[i]))
            fail_msg("no %s", wanted[i]);
    }
    assert_int_equal(node_int(node_get(root, "sites"), 0), 3);
    const struct json_node *journal = node_get(root, "journal");
    int64_t free_bytes = node_int(node_get(journal, "disk_free_bytes"), 0);
    assert_true(free_bytes > 0 && free_bytes < node_int(node_get(journal, "disk_bytes"), 0));
    assert_true(node_int(node_get(journal, "quota_bytes"), 0) > 0);
    assert_true(node_int(node_get(node_get(root, "process"), "rss_bytes"), 0) > 0);
    json_read_free(root);
    assert_int_equal(ask(f, "GET", "/readyz", NULL, NULL, NULL), 200);
    assert_int_equal(ask(f, "GET", "/", NULL, NULL, NULL), 200);
    assert_int_equal(ask(f, "GET", "/no-such-page", NULL, NULL, NULL), 404);
}
int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_openapi_document_has_every_route),
        cmocka_unit_test_setup_teardown(the_shapes_are_those_of_routes_and_answers, start,
                                        stop),
        CASE(a_visit_is_the_same_at_hand_and_from_the_store),
        CASE(wrong_parameters_are_refused),
        CASE(lists_go_on_page_by_page),
        CASE(an_alarm_is_acknowledged_once),
        CASE(why_says_what_stands_behind_an_alarm),
        CASE(the_rules_are_shown_with_their_limits),
        CASE(a_registration_is_answered_as_it_was_applied),
        CASE(a_stream_tells_alarms_to_those_who_may_see_them),
        CASE(a_stream_ends_with_the_consent),
        CASE(a_stream_hides_what_an_alarm_was_raised_with),
        CASE(a_stream_resumes_or_says_reset),
        CASE(many_streams_are_served_by_and_by),
        CASE(promtool_accepts_the_metrics),
        CASE(readings_alone_leave_the_store_no_lag),
        CASE(status_says_what_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
