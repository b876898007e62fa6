/*
 * test_store.c - the store over a real file: what was committed is there again, applying
 * twice is applying once, the outbox keeps a row until its outcome, tokens are found only by
 * their secret.
 */
#include "store_fixture.h"

#include "io/store_private.h"

static struct alarm make_alarm(const char *id, uint32_t rev, uint32_t state)
{
    struct alarm alarm = {.rev = rev,
                          .priority = CW_PRIORITY_HIGH,
                          .state = state,
                          .category = CATEGORY_SAFETY,
                          .active = true,
                          .value = 88,
                          .limit = 90,
                          .raised_ns = 1000,
                          .count = 1};
    (void)snprintf(alarm.id, sizeof(alarm.id), "%s", id);
    (void)snprintf(alarm.rule, sizeof(alarm.rule), "spo2-low");
    (void)snprintf(alarm.site, sizeof(alarm.site), "s-1");
    return alarm;
}

static void add(struct fixture *f, const struct alarm *alarm, uint64_t offset, uint32_t change)
{
    static const char *const channel[] = {"desk"};
    struct transition t = {.at = {1, offset},
                           .at_ns = 2000,
                           .change = change,
                           .alarm = alarm,
                           .by = CW_STR("seat1"),
                           .note = CW_STR("")};
    store_add(f->store, &t, channel, channel, change == CHANGE_RAISED ? 1 : 0);
}

static void what_was_committed_is_there_after_a_reopen(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    store_on_commit(f->store, on_commit, f);
    struct alarm alarm = make_alarm("A1", 1, ALARM_UNACK);
    add(f, &alarm, 64, CHANGE_RAISED);
    store_text_set(f->store, "influx", CW_STR("v1 1.0-1.64"));
    store_commit(f->store, (struct position){1, 100});
    run_until_committed(f, (struct position){1, 100});
    assert_true(f->n_commits >= 1);
    reopen(f);
    assert_int_equal(store_cursor_at_open(f->store).offset, 100);
    assert_string_equal(store_text_at_open(f->store, "influx"), "v1 1.0-1.64");
    assert_null(store_text_at_open(f->store, "nothing"));
    struct alarm_query query = {.state = "open", .limit = 10};
    store_query_alarms(f->store, &query, on_items, f);
    run_until_answers(f, 1);
    assert_non_null(strstr(f->items, "\"id\":\"A1\""));
}

static void transitions_applied_twice_are_applied_once(void **state)
{
    struct fixture *f = *state;
    struct alarm alarm = make_alarm("A1", 1, ALARM_UNACK);
    for (int round = 0; round < 2; round++) {
        if (round == 0)
            open_store(f);
        else
            reopen(f);
        add(f, &alarm, 64, CHANGE_RAISED);
        /* The first round ends like a crash: rows written, cursor not. */
        if (round == 1)
            store_commit(f->store, (struct position){1, 100});
    }
    run_until_committed(f, (struct position){1, 100});
    store_query_history(f->store, "A1", on_items, f);
    store_outbox_due(f->store, "desk", 1, 8, on_due, f);
    run_until_answers(f, 2);
    assert_null(strstr(strstr(f->items, "raised") + 1, "raised"));
    assert_int_equal(f->n_due, 1);
}

static void an_older_revision_never_overwrites_a_newer_one(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    struct alarm acked = make_alarm("A1", 2, ALARM_ACKED);
    struct alarm raised = make_alarm("A1", 1, ALARM_UNACK);
    add(f, &acked, 128, CHANGE_ACKED);
    add(f, &raised, 64, CHANGE_RAISED);
    store_commit(f->store, (struct position){1, 200});
    struct alarm_query query = {.state = "all", .limit = 10};
    store_query_alarms(f->store, &query, on_items, f);
    run_until_answers(f, 1);
    assert_non_null(strstr(f->items, "\"state\":\"acked\""));
}

static void a_delivery_is_kept_although_the_revision_stays(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    struct alarm alarm = make_alarm("A1", 1, ALARM_UNACK);
    add(f, &alarm, 64, CHANGE_RAISED);
    alarm.notified[alarm.n_notified++] = (struct alarm_delivery){"desk", "desk", 3000, true};
    add(f, &alarm, 128, CHANGE_NOTIFIED);
    store_commit(f->store, (struct position){1, 200});
    struct alarm_query query = {.state = "all", .limit = 10};
    store_query_alarms(f->store, &query, on_items, f);
    run_until_answers(f, 1);
    assert_non_null(strstr(f->items, "\"channel\":\"desk\""));
}

static void pages_of_alarms_follow_the_cursor(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    for (int i = 0; i < 5; i++) {
        char id[8];
        (void)snprintf(id, sizeof(id), "A%d", i);
        struct alarm alarm = make_alarm(id, 1, i < 3 ? ALARM_CLOSED : ALARM_UNACK);
        add(f, &alarm, 64 + (uint64_t)i, CHANGE_RAISED);
    }
    store_commit(f->store, (struct position){1, 200});
    struct alarm_query query = {.state = "closed", .limit = 2};
    store_query_alarms(f->store, &query, on_items, f);
    run_until_answers(f, 1);
    assert_non_null(strstr(f->items, "\"A2\""));
    assert_null(strstr(f->items, "\"A0\""));
    assert_true(f->next > 0);
    query.after = f->next;
    store_query_alarms(f->store, &query, on_items, f);
    run_until_answers(f, 2);
    assert_non_null(strstr(f->items, "\"A0\""));
    assert_null(strstr(f->items, "\"A2\""));
    assert_int_equal(f->next, 0);
}

static void a_row_of_the_outbox_waits_for_its_outcome(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    struct alarm alarm = make_alarm("A1", 1, ALARM_UNACK);
    add(f, &alarm, 64, CHANGE_RAISED);
    store_commit(f->store, (struct position){1, 100});
    store_outbox_due(f->store, "desk", 1, 8, on_due, f);
    run_until_answers(f, 1);
    assert_int_equal(f->n_due, 1);
    assert_string_equal(f->due[0].channel, "desk");
    assert_string_equal(f->due[0].change, "raised");

    store_outbox_result(f->store, &f->due[0], CW_RETRY, 500, "no answer");
    store_outbox_due(f->store, "desk", 499, 8, on_due, f);
    run_until_answers(f, 2);
    assert_int_equal(f->n_due, 0);
    store_outbox_due(f->store, "desk", 500, 8, on_due, f);
    run_until_answers(f, 3);
    assert_int_equal(f->n_due, 1);
    assert_int_equal(f->due[0].tries, 1);

    store_outbox_result(f->store, &f->due[0], CW_DONE, 501, "");
    reopen(f);
    store_outbox_due(f->store, "desk", INT64_MAX, 8, on_due, f);
    run_until_answers(f, 4);
    assert_int_equal(f->n_due, 0);
}

/* A low alarm for two channels, a high one for desk, and what became of the low one. */
static void add_three(struct fixture *f)
{
    static const char *const both[] = {"desk", "mobile"};
    struct alarm low = make_alarm("A1", 1, ALARM_UNACK);
    struct alarm high = make_alarm("A2", 1, ALARM_UNACK);
    struct transition t = {.at = {1, 64}, .change = CHANGE_RAISED, .alarm = &low};
    low.priority = CW_PRIORITY_LOW;
    store_add(f->store, &t, both, both, 2);
    t = (struct transition){.at = {1, 72}, .change = CHANGE_RAISED, .alarm = &high};
    store_add(f->store, &t, both, both, 1);
    low.rev = 2;
    t = (struct transition){.at = {1, 80}, .change = CHANGE_CLEARED, .alarm = &low};
    store_add(f->store, &t, both, both, 1);
    store_commit(f->store, (struct position){1, 100});
}

static void a_channel_is_asked_for_alone_high_first_steps_in_order(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    add_three(f);
    store_outbox_waiting(f->store, "desk", on_waiting, f);
    run_until_answers(f, 1);
    assert_int_equal(f->n_waiting, 3);
    f->n_answers = 0;
    store_outbox_due(f->store, "desk", 1, 8, on_due, f);
    run_until_answers(f, 1);
    assert_int_equal(f->n_due, 2);
    assert_string_equal(f->due[0].alarm, "A2");
    assert_true(f->due[0].high);
    assert_string_equal(f->due[1].alarm, "A1");
    assert_string_equal(f->due[1].change, "raised");
    assert_false(f->due[1].high);

    store_outbox_result(f->store, &f->due[1], CW_RETRY, 500, "no answer");
    store_outbox_due(f->store, "desk", 1, 8, on_due, f);
    run_until_answers(f, 2);
    assert_int_equal(f->n_due, 1); /* A1 was not told yet that it was raised */
    store_outbox_due(f->store, "desk", 500, 8, on_due, f);
    run_until_answers(f, 3);
    store_outbox_result(f->store, &f->due[1], CW_DONE, 501, "");
    store_outbox_due(f->store, "desk", 500, 8, on_due, f);
    run_until_answers(f, 4);
    assert_int_equal(f->n_due, 2);
    assert_string_equal(f->due[1].change, "cleared");
    store_outbox_waiting(f->store, "desk", on_waiting, f);
    run_until_answers(f, 5);
    assert_int_equal(f->n_waiting, 2);
}

/* What is asked for every message, answer or page costs the rows it gives, however many there
 * are: with some ten thousand waiting, a channel was told slower than new ones came. */
static void no_statement_reads_or_sorts_a_whole_table(void **state)
{
    struct fixture *f = *state;
    static const bool may[N_STATEMENTS] = {
        [STMT_TOKENS] = true,           [STMT_OUTBOX_STRAYS] = true,
        [STMT_QUERY_ALARMS] = true,     [STMT_RECENT] = true,             /* up to its limit */
        [STMT_RESIDENT_ALARMS] = true,  [STMT_RESIDENT_ALARM_IDS] = true, /* by hand */
        [STMT_RESIDENT_HISTORY] = true, [STMT_REPORT_ALARMS] = true,
        [STMT_REPORT_CALLS] = true,     [STMT_REPORT_STALE] = true,
        [STMT_AUDIT_TAIL] = true,       [STMT_AUDIT_FIRST] = true}; /* one row */
    open_store(f);
    for (int i = 0; i < N_STATEMENTS; i++) {
        char sql[2048];
        sqlite3_stmt *plan = NULL;
        const char *text = sqlite3_sql(f->store->statement[i]);
        (void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", text);
        assert_int_equal(sqlite3_prepare_v2(f->store->db, sql, -1, &plan, NULL), SQLITE_OK);
        while (!may[i] && sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);
            if ((strncmp(step, "SCAN", 4) == 0 && strcmp(step, "SCAN CONSTANT ROW") != 0) ||
                strstr(step, "TEMP B-TREE"))
                fail_msg("%s: %s", step, text);
        }
        sqlite3_finalize(plan);
    }
}

static void rows_of_channels_that_are_gone_are_found(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    add_three(f);
    store_outbox_strays(f->store, "[\"desk\",\"mobile\"]", 8, on_due, f);
    run_until_answers(f, 1);
    assert_int_equal(f->n_due, 0);
    store_outbox_strays(f->store, "[\"desk\"]", 8, on_due, f);
    run_until_answers(f, 2);
    assert_int_equal(f->n_due, 1);
    assert_string_equal(f->due[0].channel, "mobile");
    store_outbox_result(f->store, &f->due[0], CW_REJECTED, 1, "gone");
    store_outbox_strays(f->store, "[]", 2, on_due, f);
    run_until_answers(f, 3);
    assert_int_equal(f->n_due, 2);
}

static void tokens_are_found_by_their_secret_only(void **state)
{
    struct fixture *f = *state;
    struct cw_error err = {""};
    char secret[TOKEN_SECRET_MAX];
    struct token token = {.role = "dispatcher", .label = "seat1", .expires_ns = 1000};
    token.created_ns = 1;
    assert_int_equal(store_token_add(f->path, &token, secret, &err), 0);
    open_store(f);
    const struct token *found =
        store_token_find(f->store, (struct cw_str){secret, strlen(secret)}, 999);
    assert_non_null(found);
    assert_string_equal(found->role, "dispatcher");
    assert_null(store_token_find(f->store, (struct cw_str){secret, strlen(secret)}, 1000));
    assert_null(store_token_find(f->store, CW_STR("cw_wrong"), 1));
    assert_null(store_token_find(f->store, CW_STR(""), 1));
    struct buf list;
    buf_init(&list, 4096);
    assert_int_equal(store_token_list(f->path, &list, &err), 0);
    assert_null(strstr(buf_text(&list), secret));
    buf_done(&list);
    assert_int_equal(store_token_revoke(f->path, "0000000000", &err), -ENOENT);
    assert_int_equal(store_token_revoke(f->path, "short", &err), -EINVAL);
    assert_int_equal(store_token_revoke(f->path, found->hash, &err), 0);
}

static void a_newer_schema_is_refused(void **state)
{
    struct fixture *f = *state;
    struct cw_error err = {""};
    sqlite3 *db;
    open_store(f);
    store_close(f->store);
    f->store = NULL;
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(store_open(&f->store, f->path, &f->loop, &err), -ENOTSUP);
    assert_non_null(strstr(err.text, "newer"));
}

static void a_damaged_file_is_refused_by_name(void **state)
{
    struct fixture *f = *state;
    struct cw_error err = {""};
    FILE *file = fopen(f->path, "w");
    for (int i = 0; i < 4096; i++)
        (void)fputc(i & 0xff, file);
    fclose(file);
    assert_int_not_equal(store_open(&f->store, f->path, &f->loop, &err), 0);
    assert_non_null(strstr(err.text, "database"));
    f->store = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        CASE(what_was_committed_is_there_after_a_reopen),
        CASE(transitions_applied_twice_are_applied_once),
        CASE(an_older_revision_never_overwrites_a_newer_one),
        CASE(a_delivery_is_kept_although_the_revision_stays),
        CASE(pages_of_alarms_follow_the_cursor),
        CASE(a_row_of_the_outbox_waits_for_its_outcome),
        CASE(a_channel_is_asked_for_alone_high_first_steps_in_order),
        CASE(no_statement_reads_or_sorts_a_whole_table),
        CASE(rows_of_channels_that_are_gone_are_found),
        CASE(tokens_are_found_by_their_secret_only),
        CASE(a_newer_schema_is_refused),
        CASE(a_damaged_file_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
