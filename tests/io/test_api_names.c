/*
 * Who a pseudonym is: kept sealed, shown to few, each look in the audit; and a resident who is
 * erased is in no file any more, while the fold reads the same journal to the same state.
 */
#include <sqlite3.h>

#include "io/api_fixture.h"

#define JSON "Content-Type: application/json\r\n"
#define CANARY "Canary Bird"
#define ALLERGY "Penicillin, wasps"
#define CANARY_ZH "金丝雀"
#define PHONE "13912345678"
#define NAME "/api/v1/residents/r-88/name?site=home-1"

static const char person_body[] =
    "{\"name\":\"" CANARY "\",\"phone\":\"" PHONE "\",\"address\":\"Lane 7, room 3\","
    "\"allergies\":\"" ALLERGY "\","
    "\"contacts\":[{\"name\":\"" CANARY_ZH "\",\"relation\":\"女儿\",\"phone\":\"555\"}]}";

static void set_name(struct fixture *f)
{
    populate(f);
    int status = ask(f, "PUT", NAME, f->secret[3], JSON, person_body);
    if (status != 204)
        fail_msg("%s", answer_text);
}

/* Is the text in a file of the daemon's? Files of the test itself do not count. */
static bool anywhere(struct fixture *f, const char *text)
{
    char command[300];
    (void)snprintf(command, sizeof(command), "grep -rqaF -- '%s' %s", text, f->dir);
    return system(command) == 0;
}

static void roster(struct fixture *f)
{
    message(f, "care/v1/home-1/gw/roster",
            "{\"devices\":[{\"device\":\"bed-9\",\"kind\":\"bed_mat\",\"bed\":\"3-12\","
            "\"resident\":\"r-88\"}]}");
}

static void supervisors_read_a_name_and_the_look_is_audited(void **state)
{
    struct fixture *f = *state;
    set_name(f);
    assert_int_equal(ask(f, "GET", NAME, f->secret[3], NULL, NULL), 200);
    assert_non_null(strstr(answer_text,
                           "{\"site\":\"home-1\",\"resident\":\"r-88\",\"person\":{"
                           "\"name\":\"" CANARY "\",\"phone\":\"" PHONE "\""));
    assert_non_null(strstr(answer_text, "\"allergies\":\"" ALLERGY "\""));
    assert_false(anywhere(f, ALLERGY));
    assert_non_null(strstr(answer_text, "no-store"));
    assert_int_equal(ask(f, "GET", NAME, f->secret[2], NULL, NULL), 403);
    assert_int_equal(ask(f, "GET", "/api/v1/audit", f->secret[4], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"by\":\"the-supervisor\",\"role\":\"supervisor\","
                                        "\"from\":\"127.0.0.1\",\"what\":\"GET "
                                        "/api/v1/residents/{id}/name\",\"of\":\"home-1 r-88\","
                                        "\"status\":200"));
    assert_non_null(strstr(answer_text, "\"status\":403"));
    assert_null(strstr(answer_text, CANARY));
}

static void wrong_names_are_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *path, *body;
        int status;
    } row[] = {
        {NAME, "{\"phone\":\"1\"}", 400},
        {NAME, "{\"name\":1}", 400},
        {NAME, "{\"name\":\"x\",\"diagnosis\":\"y\"}", 400},
        {NAME, "{\"name\":\"x\",\"contacts\":[3]}", 400},
        {NAME, "{\"name\":\"x\",\"contacts\":[{\"x\":\"y\"}]}", 400},
        {NAME, "[]", 400},
        {"/api/v1/residents/r-88/name", "{\"name\":\"x\"}", 400},
        {"/api/v1/residents/r-88/name?site=home-9", "{\"name\":\"x\"}", 404},
    };
    populate(f);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        if (ask(f, "PUT", row[i].path, f->secret[3], JSON, row[i].body) != row[i].status)
            fail_msg("row %zu: %s", i, answer_text);
    }
    assert_int_equal(ask(f, "GET", NAME, f->secret[3], NULL, NULL), 404);
}

/* A supervisor of one site is told nothing of the persons of another. */
static void names_keep_to_the_scope_of_the_token(void **state)
{
    struct fixture *f = *state;
    char other[TOKEN_SECRET_MAX];
    add_token(f, "supervisor", "home-2", "", 0, other);
    restart(f);
    set_name(f);
    assert_int_equal(ask(f, "GET", NAME, other, NULL, NULL), 404);
    assert_int_equal(ask(f, "PUT", NAME, other, JSON, "{\"name\":\"x\"}"), 404);
    assert_int_equal(
        ask(f, "POST", "/api/v1/residents/r-88/erase?site=home-1", other, JSON, "{}"), 404);
}

static void the_seat_that_took_the_alarm_sees_the_person(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX], path[100], ack[100];
    set_name(f);
    roster(f);
    raise_alarm(f, "home-1", id);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/person", id);
    (void)snprintf(ack, sizeof(ack), "/api/v1/alarms/%s/ack", id);
    assert_int_equal(ask(f, "GET", path, f->secret[2], NULL, NULL), 403);
    assert_int_equal(ask(f, "POST", ack, f->secret[2], JSON, "{}"), 200);
    assert_int_equal(ask(f, "GET", path, f->secret[2], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, CANARY));
    assert_non_null(strstr(answer_text, ALLERGY));
    assert_non_null(strstr(answer_text, "\"last_activity\":{\"device\":\"bed-9\",\"at\":\""));
    message(f, "care/v1/home-1/bed-9/telemetry", "{\"spo2\":98}"); /* cleared: closed */
    assert_int_equal(ask(f, "GET", path, f->secret[2], NULL, NULL), 403);
    assert_int_equal(ask(f, "GET", "/api/v1/alarms/NONE/person", f->secret[2], NULL, NULL),
                     404);
}

#define CONTACT "/api/v1/duty/li/contact"

/* Where who is on duty is reached: for supervisors of all, and for the message itself. */
static void who_is_on_duty_has_a_contact(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body;
        int status;
    } row[] = {
        {"{\"name\":\"Li\"}", 400},
        {"{\"phone\":139}", 400},
        {"{\"phone\":\"139x\"}", 400},
        {"{\"phone\":\"\"}", 400},
        {"{\"email\":\"li\"}", 400},
        {"{\"phone\":\"" PHONE "\",\"address\":\"x\"}", 400},
        {"[]", 400},
        {"{", 400},
        {"{\"email\":\"li@example.cn\"}", 204},
        {"{\"name\":\"" CANARY "\",\"phone\":\"" PHONE "\"}", 204},
    };
    populate(f);
    assert_int_equal(ask(f, "GET", CONTACT, f->secret[3], NULL, NULL), 404);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        if (ask(f, "PUT", CONTACT, f->secret[3], JSON, row[i].body) != row[i].status)
            fail_msg("row %zu: %s", i, answer_text);
        assert_null(strstr(answer_text, "139x")); /* no answer repeats what was wrong */
    }
    assert_int_equal(ask(f, "GET", CONTACT, f->secret[3], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "{\"person\":\"li\",\"contact\":{\"name\":\"" CANARY
                                        "\",\"phone\":\"" PHONE "\"}}"));
    assert_int_equal(ask(f, "GET", CONTACT, f->secret[2], NULL, NULL), 403);
    assert_int_equal(ask(f, "GET", CONTACT, f->scoped[0], NULL, NULL), 403);
    assert_int_equal(ask(f, "GET", CONTACT, f->scoped[1], NULL, NULL), 403);
    assert_false(anywhere(f, PHONE));
    assert_false(anywhere(f, CANARY));
    assert_int_equal(ask(f, "GET", "/api/v1/audit", f->secret[4], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"what\":\"GET /api/v1/duty/{id}/contact\",\"of\":"
                                        "\"li\",\"status\":200"));
    assert_int_equal(ask(f, "DELETE", CONTACT, f->secret[3], NULL, NULL), 204);
    assert_int_equal(ask(f, "DELETE", CONTACT, f->secret[3], NULL, NULL), 404);
    assert_int_equal(ask(f, "GET", CONTACT, f->secret[3], NULL, NULL), 404);
}

#define LIMITS "/api/v1/residents/r-88/limits?site=home-1"

/* What is normal for this person is no alarm; and the reason is there to be read. */
static void a_resident_has_limits_of_ones_own(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX], path[100];
    static const struct {
        const char *body;
        int status;
    } bad[] = {
        {"{\"metric\":\"spo2\",\"low\":70}", 400}, /* no reason */
        {"{\"metric\":\"spo2\",\"note\":\"x\"}", 400},
        {"{\"low\":70,\"note\":\"x\"}", 400},
        {"{\"metric\":\"spo2\",\"low\":70,\"high\":60,\"note\":\"x\"}", 400},
        {"{\"metric\":\"spo2\",\"low\":\"70\",\"note\":\"x\"}", 400},
        {"{\"metric\":\"hr\",\"high\":9,\"spo2_scale\":2,\"note\":\"x\"}", 400},
        {"{\"metric\":\"news2\",\"high\":30,\"note\":\"x\"}", 400},
    };
    populate(f);
    roster(f);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (ask(f, "POST", LIMITS, f->secret[3], JSON, bad[i].body) != bad[i].status)
            fail_msg("row %zu: %s", i, answer_text);
    }
    const char *body =
        "{\"metric\":\"spo2\",\"low\":75,\"note\":\"COPD, Dr. Li\",\"for\":\"30d\"}";
    assert_int_equal(ask(f, "POST", LIMITS, f->secret[2], JSON, body), 403);
    assert_int_equal(
        ask(f, "POST", "/api/v1/residents/r-88/limits?site=x", f->secret[3], JSON, body), 404);
    assert_int_equal(ask(f, "POST", LIMITS, f->secret[3], JSON, body), 204);
    message(f, "care/v1/home-1/bed-9/telemetry", "{\"spo2\":80}");
    assert_int_equal(api_fold(f->daemon.api)->alarms.n_open, 0);
    restart(f);
    assert_int_equal(ask(f, "GET", LIMITS, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"metric\":\"spo2\",\"low\":75,\"by\":"
                                        "\"the-supervisor\",\"note\":\"COPD, Dr. Li\","
                                        "\"since\":\""));
    assert_int_equal(ask(f, "GET", LIMITS, f->other_site, NULL, NULL), 404);
    message(f, "care/v1/home-1/bed-9/telemetry", "{\"spo2\":74}");
    assert_int_equal(api_fold(f->daemon.api)->alarms.n_open, 1);
    const struct alarm *alarm =
        map_next(&api_fold(f->daemon.api)->alarms.by_key, &(uint32_t){0}, NULL);
    assert_true(alarm->limit == 75);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/why", alarm->id);
    assert_int_equal(ask(f, "GET", path, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"own_limit\":{\"site\":\"home-1\""));
    assert_non_null(strstr(answer_text, "\"telling\":{\"folded\":false"));
    assert_int_equal(ask(f, "GET", "/metrics", f->secret[4], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\ncarewatch_own_limits 1\n"));
    assert_int_equal(ask(f, "GET", "/api/v1/audit", f->secret[4], NULL, NULL), 200);
    assert_non_null(strstr(answer_text,
                           "\"what\":\"POST /api/v1/residents/{id}/limits\",\"of\":"
                           "\"home-1 r-88\",\"status\":204"));
    assert_non_null(strstr(answer_text, "COPD, Dr. Li"));
    assert_int_equal(ask(f, "DELETE", LIMITS, f->secret[3], NULL, NULL), 400);
    assert_int_equal(ask(f, "DELETE", LIMITS "&metric=spo2", f->secret[3], NULL, NULL), 204);
    assert_int_equal(ask(f, "DELETE", LIMITS "&metric=spo2", f->secret[3], NULL, NULL), 404);
    message(f, "care/v1/home-1/bed-9/telemetry", "{\"spo2\":98}");
    raise_alarm(f, "home-1", id);
    assert_string_not_equal(id, "");
}

static void unknown_devices_are_listed(void **state)
{
    struct fixture *f = *state;
    populate(f);
    roster(f);
    assert_int_equal(ask(f, "GET", "/api/v1/devices/unknown", f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "{\"site\":\"home-1\",\"district\":\"510104\","
                                        "\"device\":\"bed-1\""));
    assert_non_null(strstr(answer_text, "\"bed-2\""));
    assert_null(strstr(answer_text, "\"bed-9\""));
    assert_int_equal(ask(f, "GET", "/api/v1/devices/unknown", f->other_site, NULL, NULL), 200);
    assert_null(strstr(answer_text, "\"bed-1\""));
}

/* Everything that a person may have said of the resident, on every way into a file. */
static void talk(struct fixture *f, char id[HASH_ID_MAX])
{
    char ack[100];
    raise_alarm(f, "home-1", id);
    (void)snprintf(ack, sizeof(ack), "/api/v1/alarms/%s/ack", id);
    assert_int_equal(ask(f, "POST", ack, f->secret[2], JSON,
                         "{\"note\":\"called " CANARY ", her hip hurts\"}"),
                     200);
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"e1\",\"type\":\"incident.reported\",\"kind\":\"fall\","
            "\"text\":\"" CANARY_ZH "来电, tel " PHONE "\"}");
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"e2\",\"type\":\"incident.reported\",\"kind\":\"fall\","
            "\"text\":\"\\u91d1\\u4e1d\\u96c0\"}");
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"e3\",\"type\":\"no.such.type\",\"text\":\"" CANARY "\"}");
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"e4\",\"type\":\"resident.away\",\"resident\":\"r-88\","
            "\"text\":\"visits her sister\"}");
}

/* What persons write lives in the fold, too: limits, silences, alarms by hand. */
static void write_down(struct fixture *f)
{
    assert_int_equal(ask(f, "POST", LIMITS, f->secret[3], JSON,
                         "{\"metric\":\"hr\",\"high\":130,\"note\":\"as her son asked\"}"),
                     204);
    assert_int_equal(ask(f, "POST", "/api/v1/silences", f->secret[3], JSON,
                         "{\"for\":\"1h\",\"comment\":\"for " CANARY
                         "\",\"matchers\":[{\"name\":"
                         "\"rule\",\"value\":\"x\"}]}"),
                     201);
    assert_non_null(strstr(answer_text, "\"comment\":\"for " CANARY "\""));
    assert_int_equal(ask(f, "POST", "/api/v1/alarms", f->secret[2], JSON,
                         "{\"site\":\"home-1\",\"resident\":\"r-88\",\"text\":\"" CANARY_ZH
                         " rang\"}"),
                     201);
}

static void whoever_is_erased_is_in_no_file_any_more(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX], path[100];
    static const char *const told[] = {CANARY,
                                       CANARY_ZH,
                                       PHONE,
                                       "her hip hurts",
                                       "\\u91d1\\u4e1d",
                                       "visits her sister",
                                       "as her son asked"};
    set_name(f);
    roster(f);
    assert_false(anywhere(f, CANARY)); /* what is set is nowhere in the open */
    talk(f, id);
    write_down(f);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        assert_true(anywhere(f, told[i]));
    assert_int_equal(
        ask(f, "GET", "/api/v1/residents/r-88/export?site=home-1", f->secret[3], NULL, NULL),
        200);
    assert_non_null(strstr(answer_text, CANARY_ZH));
    assert_non_null(strstr(answer_text, "her hip hurts"));
    assert_non_null(strstr(answer_text, "\"devices\":[{"));
    int status =
        ask(f, "POST", "/api/v1/residents/r-88/erase?site=home-1", f->secret[3], JSON, "{}");
    if (status != 200)
        fail_msg("%s", answer_text);
    assert_non_null(strstr(answer_text, "\"journal_records\":8,"));
    assert_non_null(strstr(answer_text, "\"quarantine_files\":1,")); /* in base64 */
    assert_non_null(strstr(answer_text, "\"words_too_short\":1}"));  /* "555" */
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        if (anywhere(f, told[i]))
            fail_msg("\"%s\" is still in a file", told[i]);
    }
    assert_int_equal(ask(f, "GET", NAME, f->secret[3], NULL, NULL), 404);
    assert_int_equal(ask(f, "GET", LIMITS, f->secret[3], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"items\":[]"));
    assert_int_equal(ask(f, "GET", "/api/v1/silences", f->secret[3], NULL, NULL), 200);
    assert_null(strstr(answer_text, "\"comment\""));
    /* The whole journal again, with no snapshot: the same alarm, acknowledged by the same. */
    restart(f);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s", id);
    assert_int_equal(ask(f, "GET", path, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"acked_by\":\"the-dispatcher\""));
    assert_int_equal(api_fold(f->daemon.api)->counters.refused[CW_REFUSED_SYNTAX], 0);
    struct audit_head newest;
    struct cw_error err;
    const struct audit_check check = {.ctx = NULL};
    assert_int_equal(store_audit_verify(f->store_path, &check, &newest, &err), 0);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        assert_false(anywhere(f, told[i]));
}

#define ERASE "/api/v1/residents/r-88/erase?site=home-1"

static void erase_named(struct fixture *f, const char *name)
{
    char body[100];
    (void)snprintf(body, sizeof(body), "{\"name\":\"%s\"}", name);
    assert_int_equal(ask(f, "PUT", NAME, f->secret[3], JSON, body), 204);
    if (ask(f, "POST", ERASE, f->secret[3], JSON, "{}") != 200)
        fail_msg("%s", answer_text);
}

/* A rule says "Opened by hand" of anybody: only what somebody wrote instead is forgotten. */
static void what_a_rule_says_is_nobodys_name(void **state)
{
    struct fixture *f = *state;
    const struct alarm *alarm;
    uint32_t n = 0;
    populate(f);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask(f, "POST", "/api/v1/alarms", f->secret[2], JSON,
                             i ? "{\"site\":\"home-1\",\"bed\":\"8\",\"text\":\"Hand fell\"}"
                               : "{\"site\":\"home-1\",\"bed\":\"9\",\"text\":"
                                 "\"a hand for bed 9\"}"),
                         201);
    erase_named(f, "hand");
    for (uint32_t i = 0; (alarm = map_next(&api_fold(f->daemon.api)->alarms.by_id, &i, NULL));)
        if (strcmp(alarm->rule, "opened-by-hand") == 0) {
            bool is_own = strcmp(alarm->text_en, "Opened by hand") == 0;
            assert_true(is_own || strcmp(alarm->text_en, "Hand fell") == 0);
            n += is_own;
        }
    assert_int_equal(n, 1);
}

/* One command holds so much: what does not fit comes with the next. */
static void long_texts_are_forgotten_all(void **state)
{
    struct fixture *f = *state;
    char event[2600], text[2040];
    const struct entry *entry;
    uint32_t n = 0;
    populate(f);
    memset(text, 'x', sizeof(text));
    memcpy(text + sizeof(text) - 20, " " CANARY, sizeof(" " CANARY));
    for (int i = 0; i < 70; i++) {
        (void)snprintf(event, sizeof(event),
                       "{\"id\":\"l%d\",\"type\":\"inspection.finding\",\"inspection\":"
                       "\"l%d\",\"org\":\"home-1\",\"text\":\"%s\"}",
                       i, i, text);
        message(f, "care/v1/dept-1/desk/event", event);
    }
    erase_named(f, CANARY);
    const struct book *book = api_fold(f->daemon.api)->book;
    for (entry = book_of_kind(book, entry_kind_of(CW_STR("inspections"))); entry;
         entry = entry->next_of_kind) {
        struct cw_str left = entry_json_of(entry, "text");
        assert_true(left.n == 0 || !memmem(left.p, left.n, CANARY, strlen(CANARY)));
        n += left.n > 1000;
    }
    assert_int_equal(n, 70);
}

static int n_names(const struct fixture *f)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open_v2(f->store_path, &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM names", -1, &s, NULL),
                     SQLITE_OK);
    int n = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int(s, 0) : -1;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

static bool fold_has(const struct fixture *f, const char *word)
{
    const struct alarm *alarm;
    bool found = false;
    for (uint32_t i = 0; (alarm = map_next(&api_fold(f->daemon.api)->alarms.by_id, &i, NULL));)
        found = found || strstr(alarm->text_zh, word);
    return found;
}

/* As long as the fold has a word it may tell it; and without the name nobody could look for it
 * again. */
static void the_name_goes_when_the_fold_has_let_go(void **state)
{
    struct fixture *f = *state;
    char request[600];
    set_name(f);
    write_down(f);
    assert_true(fold_has(f, CANARY_ZH));
    assert_int_equal(n_names(f), 1);
    (void)snprintf(request, sizeof(request),
                   "POST " ERASE " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" JSON
                   "Authorization: Bearer %s\r\nContent-Length: 2\r\n\r\n{}",
                   f->secret[3]);
    struct peer *peer = peer_open(&f->daemon.loop, http_server_port(f->daemon.http_server), 0);
    peer_send(peer, request);
    int64_t until = clock_monotonic_ns() + PEER_PATIENCE_NS;
    while (n_names(f) != 0 && clock_monotonic_ns() < until)
        (void)uv_run(&f->daemon.loop, UV_RUN_NOWAIT);
    assert_int_equal(n_names(f), 0);
    assert_false(fold_has(f, CANARY_ZH));
    assert_true(peer_sees_close(peer));
    assert_non_null(strstr(peer->text, " 200 "));
    peer_close(peer);
}

static void nobody_sees_the_value(struct fixture *f, const char *id)
{
    static const char *const of_it[] = {"", "/why", NULL};
    for (int i = 0; i < 3; i++) {
        char path[120] = "/api/v1/alarms?state=all&limit=100";
        if (of_it[i])
            (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s%s", id, of_it[i]);
        assert_int_equal(ask(f, "GET", path, f->secret[3], NULL, NULL), 200);
        if (!strstr(answer_text, "\"withheld\":\"vitals\"") ||
            strstr(answer_text, "\"value\":80"))
            fail_msg("%s: %s", path, answer_text);
    }
}

/* The consent is the pseudonym's, and stays: what it hid before stays hidden, also when all
 * that measured is gone, and after a restart. */
static void what_consent_hid_stays_hidden_after_erasure(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX];
    set_name(f);
    roster(f);
    raise_alarm(f, "home-1", id);
    entry(f, "residents",
          "{\"site\":\"home-1\",\"resident\":\"r-88\",\"consent\":{\"vitals\":false}}");
    nobody_sees_the_value(f, id);
    assert_int_equal(ask(f, "POST", ERASE, f->secret[3], JSON, "{}"), 200);
    nobody_sees_the_value(f, id);
    message(f, "care/v1/home-1/gw/roster", "{\"devices\":[]}");
    nobody_sees_the_value(f, id);
    restart(f);
    nobody_sees_the_value(f, id);
    message(f, "care/v1/home-1/bed-9/telemetry", "{\"spo2\":70}");
    nobody_sees_the_value(f, id);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(supervisors_read_a_name_and_the_look_is_audited),
        CASE(wrong_names_are_refused),
        CASE(names_keep_to_the_scope_of_the_token),
        CASE(the_seat_that_took_the_alarm_sees_the_person),
        CASE(who_is_on_duty_has_a_contact),
        CASE(a_resident_has_limits_of_ones_own),
        CASE(unknown_devices_are_listed),
        CASE(whoever_is_erased_is_in_no_file_any_more),
        CASE(what_a_rule_says_is_nobodys_name),
        CASE(long_texts_are_forgotten_all),
        CASE(the_name_goes_when_the_fold_has_let_go),
        CASE(what_consent_hid_stays_hidden_after_erasure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
