/*
 * The audit's chain: whatever is changed, taken out, moved, put in or cut off is found at its
 * line; tokens made by another process hang on the same chain; a reason can be erased.
 */
#include "io/store_audit.h"
#include "io/store_fixture.h"

#define N_LINES 12

static void write_lines(struct fixture *f, int n)
{
    for (int i = 0; i < n; i++) {
        char of[16];
        (void)snprintf(of, sizeof(of), "A%d", i);
        const struct audit_entry entry = {.at_ns = 1700000000000000000 + i,
                                          .by = "seat1",
                                          .role = "dispatcher",
                                          .from = "10.0.0.5",
                                          .what = "POST /api/v1/alarms/{id}/ack",
                                          .of = of,
                                          .status = 200,
                                          .why = i % 2 ? CW_STR("on my way") : CW_STR("")};
        store_audit(f->store, &entry, NULL, NULL);
    }
    f->n_answers = 0;
    store_query_audit(f->store, 0, 100, on_items, f);
    run_until_answers(f, 1);
}

struct found {
    char text[2000];
};

static void on_bad(void *ctx, const char *sentence)
{
    struct found *found = ctx;
    size_t n = strlen(found->text);
    (void)snprintf(found->text + n, sizeof(found->text) - n, "%s\n", sentence);
}

static int64_t verify(struct fixture *f, const struct audit_head *head, size_t n,
                      struct found *found)
{
    struct audit_head newest;
    struct cw_error err = {""};
    *found = (struct found){""};
    const struct audit_check check = {.ctx = found, .bad = on_bad, .head = head, .n_heads = n};
    int64_t bad = store_audit_verify(f->path, &check, &newest, &err);
    if (bad < 0)
        fail_msg("%s", err.text);
    return bad;
}

static void sql(struct fixture *f, const char *text)
{
    sqlite3 *db;
    char *why = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(db);
}

static void lines_say_who_did_what(void **state)
{
    struct fixture *f = *state;
    struct found found;
    open_store(f);
    write_lines(f, 2);
    assert_non_null(strstr(f->items, "\"n\":2,\"prev\":\""));
    assert_non_null(strstr(f->items, "\"by\":\"seat1\",\"role\":\"dispatcher\","
                                     "\"from\":\"10.0.0.5\",\"what\":\"POST "
                                     "/api/v1/alarms/{id}/ack\",\"of\":\"A1\",\"status\":200,"
                                     "\"why_sha256\":\""));
    assert_non_null(strstr(f->items, "\"why\":\"on my way\"}"));
    assert_int_equal(verify(f, NULL, 0, &found), 0);
}

static void whoever_touches_a_line_is_found_at_it(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *sql, *says;
    } row[] = {
        {"UPDATE audit SET line = replace(line, 'seat1', 'seat2') WHERE n = 5",
         "line 5 was changed"},
        {"UPDATE audit SET line = replace(line, '\"n\":7', '\"n\":8') WHERE n = 7",
         "line 7 was changed"},
        {"UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE n = 3",
         "line 3 was changed"},
        {"DELETE FROM audit WHERE n = 6", "lines 6 to 6 are missing"},
        {"DELETE FROM audit WHERE n = 1", "lines 1 to 1 are missing"},
        {"DELETE FROM audit WHERE n > 10", "the last line is 10, but 12 were written"},
        {"DELETE FROM audit WHERE n = 12; UPDATE audit_head SET n = 11",
         "line 11 is not the one that was written last"},
        {"DELETE FROM audit", "the last line is 0, but 12 were written"},
        {"DELETE FROM audit; DELETE FROM audit_head",
         "the last line is 0, but 12 was published"},
        {"UPDATE audit SET n = 100 WHERE n = 4; UPDATE audit SET n = 4 WHERE n = 5;"
         "UPDATE audit SET n = 5 WHERE n = 100",
         "line 4 says that it is another one"},
        {"INSERT INTO audit VALUES (13, '{}', '', '', '')", "line 13 was changed"},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct found found;
        struct audit_head head = {.n = N_LINES};
        open_store(f);
        write_lines(f, N_LINES);
        store_close(f->store);
        f->store = NULL;
        assert_int_equal(verify(f, NULL, 0, &found), 0);
        (void)snprintf(head.hash, sizeof(head.hash), "%s", "f");
        sql(f, row[i].sql);
        if (verify(f, &head, 1, &found) < 1 || !strstr(found.text, row[i].says))
            fail_msg("%s: %s", row[i].sql, found.text);
        assert_int_equal(unlink(f->path), 0);
    }
}

/* A line of one's own, with the right hashes from there on, fits the chain; the head that was
 * published does not fit it. */
static void who_rewrites_the_whole_chain_is_found_by_a_head(void **state)
{
    struct fixture *f = *state;
    struct found found;
    struct audit_head *head;
    size_t n;
    char path[160];
    struct cw_error err = {""};
    open_store(f);
    write_lines(f, N_LINES);
    store_audit_publish(f->store, 1700000000000000000, NULL, NULL);
    reopen(f);
    (void)snprintf(path, sizeof(path), "%s" AUDIT_HEADS_ENDING, f->path);
    assert_int_equal(store_audit_heads_read(path, &head, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(head[0].n, N_LINES);
    assert_int_equal(verify(f, head, n, &found), 0);
    sql(f, "DELETE FROM audit; DELETE FROM audit_head");
    write_lines(f, N_LINES + 1); /* the same words, other salts */
    assert_int_equal(verify(f, NULL, 0, &found), 0);
    assert_int_equal(verify(f, head, n, &found), 1);
    assert_non_null(strstr(found.text, "line 12 is not the one whose hash was published"));
    free(head);
}

static void an_end_that_was_cut_off_is_not_closed_by_new_lines(void **state)
{
    struct fixture *f = *state;
    struct found found;
    open_store(f);
    write_lines(f, N_LINES);
    sql(f, "DELETE FROM audit WHERE n > 9");
    write_lines(f, 2);
    assert_int_equal(verify(f, NULL, 0, &found), 1);
    assert_non_null(strstr(found.text, "lines 10 to 12 are missing"));
}

static void a_reason_can_be_erased_and_the_chain_stands(void **state)
{
    struct fixture *f = *state;
    struct found found;
    open_store(f);
    write_lines(f, N_LINES);
    sql(f, "UPDATE audit SET why = '', salt = ''");
    assert_int_equal(verify(f, NULL, 0, &found), 0);
}

static void tokens_hang_on_the_same_chain(void **state)
{
    struct fixture *f = *state;
    struct found found;
    struct token token = {.role = "viewer", .label = "screen"};
    char secret[TOKEN_SECRET_MAX];
    struct cw_error err = {""};
    open_store(f);
    write_lines(f, 1);
    assert_int_equal(store_token_add(f->path, &token, secret, &err), 0);
    write_lines(f, 1);
    assert_non_null(strstr(f->items, "\"what\":\"token add\""));
    assert_non_null(strstr(f->items, " viewer screen\""));
    assert_null(strstr(f->items, secret));
    assert_int_equal(verify(f, NULL, 0, &found), 0);
    assert_int_equal(store_token_revoke(f->path, "0123456789", &err), -ENOENT);
    write_lines(f, 1);
    assert_null(strstr(f->items, "token revoke"));
    assert_int_equal(verify(f, NULL, 0, &found), 0);
}

static void lines_are_read_page_by_page(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    write_lines(f, N_LINES);
    f->n_answers = 0;
    store_query_audit(f->store, 0, 5, on_items, f);
    run_until_answers(f, 1);
    assert_int_equal(f->next, 8);
    assert_non_null(strstr(f->items, "\"n\":12,"));
    store_query_audit(f->store, f->next, 100, on_items, f);
    run_until_answers(f, 2);
    assert_int_equal(f->next, 0);
    assert_null(strstr(f->items, "\"n\":8,"));
    assert_non_null(strstr(f->items, "\"n\":1,"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(lines_say_who_did_what),
        CASE(whoever_touches_a_line_is_found_at_it),
        CASE(who_rewrites_the_whole_chain_is_found_by_a_head),
        CASE(an_end_that_was_cut_off_is_not_closed_by_new_lines),
        CASE(a_reason_can_be_erased_and_the_chain_stands),
        CASE(tokens_hang_on_the_same_chain),
        CASE(lines_are_read_page_by_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
