/*
 * test_journal_reader.c - what a reader does beside reading: it knows the topics of the records
 * that come next, and gives back the memory of those that are behind it.
 */
#include "io/journal_dir.h"

static void append_topics(struct journal *journal, uint32_t from, uint32_t to)
{
    static char text[1000];
    struct position at = {0, 0};
    for (uint32_t i = from; i < to; i++) {
        char topic[16];
        struct record record = message("");
        record.topic = (struct cw_str){topic, (size_t)snprintf(topic, sizeof(topic), "t%u", i)};
        record.payload = (struct cw_str){text, sizeof(text)};
        assert_int_equal(journal_append(journal, &record, i, SYNC_LATER, &at), 0);
    }
    assert_int_equal(journal_wait(journal, at), 0);
}

/* How often a topic was known, always that of the record which comes `ahead` later. */
static uint32_t look_ahead(struct journal_reader *reader, uint32_t from, uint32_t to,
                           uint32_t ahead)
{
    uint32_t n_known = 0;
    for (uint32_t i = from; i < to; i++) {
        struct record read;
        struct position at;
        struct cw_str topic;
        char wanted[16];
        assert_int_equal(journal_reader_next(reader, &read, &at, NULL), 0);
        if (!journal_reader_ahead(reader, ahead, &topic))
            continue;
        (void)snprintf(wanted, sizeof(wanted), "t%u", i + ahead);
        assert_true(str_is(topic, wanted));
        assert_false(journal_reader_ahead(reader, ahead, &topic));
        n_known++;
    }
    return n_known;
}

static void a_reader_knows_the_topics_ahead(void **state)
{
    (void)state;
    enum { N = 400 };
    struct journal_stat stat;
    for (uint32_t ahead = 1; ahead <= 4; ahead++) {
        struct journal *journal = opened();
        struct journal_reader *reader = reading(journal, journal_end(journal));
        append_topics(journal, 0, N);
        journal_stat(journal, &stat);
        /* Of each segment all but the last ones, whose next stand in another file. */
        assert_true(look_ahead(reader, 0, N, ahead) >= N - stat.n_segments * ahead);
        append_topics(journal, N, N + 1);
        assert_int_equal(look_ahead(reader, N, N + 1, ahead), 0);
        append_topics(journal, N + 1, N + 11);
        assert_in_range(look_ahead(reader, N + 1, N + 11, ahead), 10 - 2 * ahead, 10 - ahead);
        journal_reader_close(reader);
        journal_close(journal);
    }
}

/* Of files mapped into this process, what it holds. */
static long mapped_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "RssFile:", 8) == 0 || strncmp(line, "RssShmem:", 9) == 0)
            kib += strtol(strchr(line, ':') + 1, NULL, 10);
    if (file)
        (void)fclose(file);
    return kib;
}

static void what_was_read_is_given_back(void **state)
{
    (void)state;
    enum { N = 12000, MIB = 1024 };
    static char text[1000];
    struct journal *journal;
    struct journal_options large = options();
    large.segment_bytes = 16u << 20;
    large.quota_bytes = 64u << 20;
    assert_int_equal(journal_open(&journal, &large, NULL), 0);
    struct record record = message(""), read;
    struct position at = {0, 0};
    record.payload = (struct cw_str){text, sizeof(text)};
    for (int i = 0; i < N; i++) {
        (void)snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(journal_append(journal, &record, i, SYNC_LATER, &at), 0);
    }
    assert_int_equal(journal_wait(journal, at), 0);
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    long before_kib = mapped_kib(), most_kib = 0;
    for (int i = 0; i < N; i++) {
        assert_int_equal(journal_reader_next(reader, &read, &at, NULL), 0);
        assert_int_equal(strtol(read.payload.p, NULL, 10), i);
        long kib = i % 500 == 499 ? mapped_kib() - before_kib : 0;
        most_kib = kib > most_kib ? kib : most_kib;
    }
    assert_true(most_kib < 5 * MIB);
    journal_reader_close(reader);
    journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_reader_knows_the_topics_ahead),
        ON_DISK(what_was_read_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
