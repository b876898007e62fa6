/*
 * test_store_facts.c - lines that wait in the store: in order, once, until they are written;
 * a file of the first schema gets the table for them.
 */
#include "store_fixture.h"

static void sql(struct fixture *f, const char *text)
{
    sqlite3 *db;
    char *error = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", text, error);
    sqlite3_close(db);
}

static void close_store(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    uv_run(&f->loop, UV_RUN_DEFAULT);
}

/* Fact i is of the record at offset 10 * i; its line is "i\n", its time 1000 * i. */
static void add(struct fixture *f, unsigned i)
{
    char line[16];
    int n = snprintf(line, sizeof(line), "%u\n", i);
    store_add_fact(f->store, (struct position){1, 10 * i}, 0, 1000 * i,
                   (struct cw_str){line, (size_t)n});
}

static void commit(struct fixture *f, unsigned upto)
{
    struct position at = {1, 10 * upto};
    store_commit(f->store, at);
    run_until_committed(f, at);
}

static const char *facts(struct fixture *f, uint64_t after, uint32_t max, size_t max_bytes)
{
    store_facts(f->store, after, max, max_bytes, on_page, f);
    run_until_answers(f, f->n_answers + 1);
    return f->items;
}

static void facts_come_in_order_and_in_pages(void **state)
{
    static const struct {
        uint64_t after;
        uint32_t max;
        size_t max_bytes;
        const char *lines;
        uint64_t first, last;
    } row[] = {
        {0, 9, 100, "1\n2\n3\n4\n", 1, 4},
        {0, 2, 100, "1\n2\n", 1, 2},
        {2, 9, 100, "3\n4\n", 3, 4},
        {0, 9, 5, "1\n2\n", 1, 2},
        {0, 9, 0, "1\n", 1, 1},
        {4, 9, 100, "", 0, 0},
        {0, 0, 100, "", 0, 0},
    };
    struct fixture *f = *state;
    open_store(f);
    for (unsigned i = 1; i <= 4; i++)
        add(f, i);
    commit(f, 5);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        assert_string_equal(facts(f, row[i].after, row[i].max, row[i].max_bytes), row[i].lines);
        assert_int_equal(f->page.first, row[i].first);
        assert_int_equal(f->page.last, row[i].last);
        assert_int_equal(f->page.n_lines, row[i].first ? row[i].last - row[i].first + 1 : 0);
        assert_int_equal(f->page.newest, 4);
    }
}

/* The journal is replayed from before the cursor, or facts were committed before it was. */
static void a_fact_that_is_added_twice_is_there_once(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    add(f, 1);
    add(f, 2);
    commit(f, 2);
    reopen(f);
    for (unsigned i = 1; i <= 3; i++)
        add(f, i);
    commit(f, 4);
    assert_string_equal(facts(f, 0, 9, 100), "1\n2\n3\n");
    assert_int_equal(f->page.last, 3); /* numbers have no gaps: a gap is a loss */
}

static void the_cursor_and_the_last_time_survive(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    assert_int_equal(store_facts_cursor_at_open(f->store), 0);
    assert_int_equal(store_facts_time_at_open(f->store), 0);
    for (unsigned i = 1; i <= 3; i++)
        add(f, i);
    commit(f, 4);
    store_facts_written(f->store, 2, 0);
    reopen(f);
    assert_int_equal(store_facts_cursor_at_open(f->store), 2);
    assert_int_equal(store_facts_time_at_open(f->store), 3000);
    assert_int_equal(store_cursor_at_open(f->store).offset, 40); /* another cursor */
}

static void only_old_rows_that_are_written_are_forgotten(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    for (unsigned i = 1; i <= 4; i++)
        add(f, i);
    commit(f, 5);
    store_facts_written(f->store, 3, 2500);
    assert_string_equal(facts(f, 0, 9, 100), "3\n4\n");
    store_facts_written(f->store, 3, 9999);
    assert_string_equal(facts(f, 0, 9, 100), "4\n");
    store_facts_written(f->store, 4, 9999);
    assert_string_equal(facts(f, 0, 9, 100), "");
    add(f, 6);
    commit(f, 7);
    assert_string_equal(facts(f, 4, 9, 100), "6\n"); /* its number is a new one */
    assert_int_equal(f->page.first, 5);
}

static void there_is_an_end_to_rows_that_wait(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    add(f, 1);
    add(f, 2);
    commit(f, 3);
    close_store(f);
    /* As if a million had come since: the next number is a multiple of 1024. */
    sql(f, "INSERT INTO facts VALUES (1000447, 1, 25, 0, 2500, 'late')");
    open_store(f);
    add(f, 4);
    commit(f, 5);
    assert_string_equal(facts(f, 0, 9, 100), "late4\n");
    assert_int_equal(f->page.first, 1000447);
    assert_int_equal(f->page.last % 1024, 0);
}

/* What a first schema's file holds stays, and facts find their table. */
static void a_file_of_the_first_schema_is_migrated(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    commit(f, 7);
    store_text_set(f->store, "influx", CW_STR("v1 1.64-"));
    close_store(f);
    sql(f,
        "DROP TABLE audit; DROP TABLE audit_head; DROP TABLE names;"
        "DROP TABLE facts; DROP TABLE entries; DROP TABLE entry_trail; DROP TABLE visits;"
        "DROP INDEX outbox_channel; DROP INDEX alarms_raised; DROP INDEX transitions_at;"
        "ALTER TABLE outbox DROP COLUMN urgency; ALTER TABLE outbox DROP COLUMN at_ns;"
        "ALTER TABLE tokens DROP COLUMN area; ALTER TABLE tokens DROP COLUMN department;"
        "DROP TABLE attachments;"
        "PRAGMA user_version=1;"
        "INSERT INTO transitions VALUES (1, 64, 0, 'A1', 1, 2000, 'raised', 'unack', '', '')");
    open_store(f);
    assert_int_equal(store_cursor_at_open(f->store).offset, 70);
    assert_string_equal(store_text_at_open(f->store, "influx"), "v1 1.64-");
    store_query_history(f->store, "A1", on_items, f);
    run_until_answers(f, 1);
    assert_non_null(strstr(f->items, "\"raised\""));
    add(f, 8);
    commit(f, 9);
    assert_string_equal(facts(f, 0, 9, 100), "8\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(facts_come_in_order_and_in_pages),
        CASE(a_fact_that_is_added_twice_is_there_once),
        CASE(the_cursor_and_the_last_time_survive),
        CASE(only_old_rows_that_are_written_are_forgotten),
        CASE(there_is_an_end_to_rows_that_wait),
        CASE(a_file_of_the_first_schema_is_migrated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
