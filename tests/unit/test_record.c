/*
 * test_record.c - what was written is read again; what was touched is not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/journal/record.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const struct position here = {3, 4096};

static struct record sample(void)
{
    return (struct record){
        .kind = RECORD_MESSAGE,
        .flags = RECORD_DUP | RECORD_QOS1,
        .source = 2,
        .message_id = 65535,
        .arrived_ns = INT64_C(1795401781120000000),
        .topic = CW_STR("care/v1/s1/bed-312/telemetry"),
        .payload = CW_STR("{\"hr\":72}"),
    };
}

static void a_record_comes_back_as_it_was(void **state)
{
    (void)state;
    char bytes[128];
    struct record wrote = sample(), read;
    size_t size;
    record_write(&wrote, here, bytes);
    assert_int_equal(record_size(&wrote) % 8, 0);
    assert_int_equal(record_read(bytes, record_size(&wrote), here, &read, &size), 0);
    assert_int_equal(size, record_size(&wrote));
    assert_int_equal(read.kind, wrote.kind);
    assert_int_equal(read.flags, wrote.flags);
    assert_int_equal(read.source, wrote.source);
    assert_int_equal(read.message_id, wrote.message_id);
    assert_int_equal(read.arrived_ns, wrote.arrived_ns);
    assert_true(str_eq(read.topic, wrote.topic));
    assert_true(str_eq(read.payload, wrote.payload));
}

static void the_bytes_are_the_format(void **state)
{
    (void)state;
    struct record record = {.kind = RECORD_TICK, .source = 0x0102, .arrived_ns = 0x0304};
    static const unsigned char wanted[] = {24, 0, 0, 0, 0xda, 0xad, 0x8c, 0x50, 5, 0, 2, 1,
                                           0,  0, 0, 0, 4,    3,    0,    0,    0, 0, 0, 0};
    char bytes[24];
    assert_int_equal(record_size(&record), 24);
    record_write(&record, (struct position){1, 64}, bytes);
    assert_memory_equal(bytes, wanted, 4);
    assert_memory_equal(bytes + 8, wanted + 8, 16);
    assert_memory_equal(bytes, wanted, 24);
}

static void the_largest_record_fits(void **state)
{
    (void)state;
    char *text = xcalloc(1, MAX_RECORD_PAYLOAD);
    struct record wrote = {.kind = RECORD_MESSAGE, .arrived_ns = 1}, read;
    wrote.topic = (struct cw_str){text, MAX_RECORD_TOPIC};
    wrote.payload = (struct cw_str){text, MAX_RECORD_PAYLOAD};
    size_t size = record_size(&wrote), read_size;
    char *bytes = xmalloc(size);
    record_write(&wrote, here, bytes);
    assert_int_equal(record_read(bytes, size, here, &read, &read_size), 0);
    assert_int_equal(read.payload.n, MAX_RECORD_PAYLOAD);
    free(bytes);
    free(text);
}

static void a_flipped_bit_is_noticed(void **state)
{
    (void)state;
    char bytes[128];
    struct record record = sample(), read;
    size_t size = RECORD_HEADER + record.topic.n + record.payload.n, read_size;
    record_write(&record, here, bytes);
    for (size_t bit = 0; bit < size * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        assert_int_equal(record_read(bytes, sizeof(bytes), here, &read, &read_size), -EBADMSG);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    }
    assert_int_equal(record_read(bytes, sizeof(bytes), here, &read, &read_size), 0);
}

static void a_glance_sees_topic_and_size_and_no_further(void **state)
{
    (void)state;
    struct record record = sample();
    size_t size = record_size(&record), seen = 0;
    char *bytes = xmalloc(size);
    struct cw_str topic;
    record_write(&record, here, bytes);
    assert_true(record_glance(bytes, size, &topic, &seen));
    assert_int_equal(seen, size);
    assert_true(str_eq(topic, record.topic));
    for (size_t n = 0; n < size; n++)
        assert_false(record_glance(bytes, n, &topic, &seen));
    memset(bytes, 0, size);
    assert_false(record_glance(bytes, size, &topic, &seen));
    free(bytes);
}

static void a_cut_record_is_damage_and_zeros_are_the_end(void **state)
{
    (void)state;
    char bytes[128];
    struct record record = sample(), read;
    size_t size = record_size(&record), read_size;
    for (size_t kept = 1; kept < RECORD_HEADER + record.topic.n + record.payload.n; kept++) {
        record_write(&record, here, bytes);
        memset(bytes + kept, 0, sizeof(bytes) - kept);
        assert_int_equal(record_read(bytes, sizeof(bytes), here, &read, &read_size), -EBADMSG);
        record_write(&record, here, bytes);
        assert_int_equal(record_read(bytes, kept, here, &read, &read_size), -EBADMSG);
    }
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(record_read(bytes, sizeof(bytes), here, &read, &size), -ENODATA);
    assert_int_equal(record_read(bytes, 0, here, &read, &size), -ENODATA);
}

static void a_record_counts_only_in_its_place(void **state)
{
    (void)state;
    char bytes[128];
    struct record record = sample(), read;
    size_t size;
    record_write(&record, here, bytes);
    static const struct position elsewhere[] = {{2, 4096}, {4, 4096}, {3, 4104}, {3, 0}};
    for (size_t i = 0; i < N(elsewhere); i++)
        assert_int_equal(record_read(bytes, sizeof(bytes), elsewhere[i], &read, &size),
                         -EBADMSG);
}

static void positions_are_ordered_and_written(void **state)
{
    (void)state;
    struct position a = {1, 9000}, b = {2, 10}, back;
    assert_true(position_cmp(a, b) < 0);
    assert_true(position_cmp(b, a) > 0);
    assert_true(position_cmp((struct position){1, 1}, a) < 0);
    assert_int_equal(position_cmp(a, a), 0);
    char text[POSITION_MAX];
    struct position last = {UINT32_MAX, UINT64_MAX};
    assert_int_equal(position_format(last, text), 31);
    assert_string_equal(text, "4294967295.18446744073709551615");
    assert_int_equal(position_parse(str_of(text), &back), 0);
    assert_int_equal(position_cmp(back, last), 0);
    static const char *const bad[] = {"",    "1",   ".",     "1.",           ".1",
                                      "a.1", "1.a", "1.1.1", "4294967296.0", "-1.0"};
    for (size_t i = 0; i < N(bad); i++)
        assert_int_equal(position_parse(str_of(bad[i]), &back), -EINVAL);
}

static void a_segment_header_comes_back_or_is_refused(void **state)
{
    (void)state;
    struct segment_header wrote = {SEGMENT_VERSION, 7, 1 << 30, 64 << 20, 123456789}, read;
    char bytes[SEGMENT_HEADER];
    segment_header_write(&wrote, bytes);
    assert_int_equal(segment_header_read(bytes, sizeof(bytes), &read), 0);
    assert_int_equal(read.epoch, 7);
    assert_int_equal(read.base, 1 << 30);
    assert_int_equal(read.bytes, 64 << 20);
    assert_int_equal(read.created_ns, 123456789);
    assert_int_equal(segment_header_read(bytes, sizeof(bytes) - 1, &read), -EBADMSG);
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        assert_int_equal(segment_header_read(bytes, sizeof(bytes), &read), -EBADMSG);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    }
    wrote.version = SEGMENT_VERSION + 1;
    segment_header_write(&wrote, bytes);
    assert_int_equal(segment_header_read(bytes, sizeof(bytes), &read), -ENOTSUP);
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (uint8_t kind = 1; kind < N_RECORD_KINDS; kind++)
        assert_string_not_equal(record_kind_name(kind), "unknown");
    assert_string_equal(record_kind_name(0), "unknown");
    assert_string_equal(record_kind_name(255), "unknown");
    assert_string_equal(record_kind_name(RECORD_CLOCK_STEP), "clock_step");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_as_it_was),
        cmocka_unit_test(the_bytes_are_the_format),
        cmocka_unit_test(the_largest_record_fits),
        cmocka_unit_test(a_flipped_bit_is_noticed),
        cmocka_unit_test(a_glance_sees_topic_and_size_and_no_further),
        cmocka_unit_test(a_cut_record_is_damage_and_zeros_are_the_end),
        cmocka_unit_test(a_record_counts_only_in_its_place),
        cmocka_unit_test(positions_are_ordered_and_written),
        cmocka_unit_test(a_segment_header_comes_back_or_is_refused),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
