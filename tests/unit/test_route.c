/*
 * test_route.c - the cache of topics never says what the registry does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "core/ingest/route.h"

#define N 600

static struct site sites[2] = {{.number = 0, .id = "s1"}, {.number = 1, .id = "s1x"}};
static struct device devices[N];
static char ids[N][16];
static struct device *by_number[N];
static struct site *by_site[2] = {&sites[0], &sites[1]};

static struct registry registry_of_many(void)
{
    for (uint32_t i = 0; i < N; i++) {
        devices[i] = (struct device){.number = i, .site = i % 2};
        snprintf(ids[i], sizeof(ids[i]), "bed-%u", i);
        devices[i].id = ids[i];
        devices[i].n_id = (uint8_t)strlen(ids[i]);
        by_number[i] = &devices[i];
    }
    return (struct registry){
        .site = by_site, .device = by_number, .n_sites = 2, .n_devices = N};
}

static struct cw_str topic_of(uint32_t i, char room[128])
{
    int n = snprintf(room, 128, "care/v1/%s/%s/telemetry", sites[i % 2].id, devices[i].id);
    return (struct cw_str){room, (size_t)n};
}

static void a_kept_route_leads_to_its_device(void **state)
{
    (void)state;
    struct routes routes = {.slot = NULL};
    struct registry registry = registry_of_many();
    char room[128];
    uint32_t n_found = 0;
    for (uint32_t i = 0; i < N; i++) {
        struct cw_str topic = topic_of(i, room);
        assert_null(route_find(&routes, &registry, topic, hash64(topic, 0)));
        route_keep(&routes, &registry, &devices[i], (uint16_t)(i % 7), hash64(topic, 0));
    }
    for (uint32_t i = 0; i < N; i++) {
        struct cw_str topic = topic_of(i, room);
        const struct route *route = route_find(&routes, &registry, topic, hash64(topic, 0));
        if (!route)
            continue; /* pushed out by another one */
        n_found++;
        assert_int_equal(route->device, i + 1);
        assert_int_equal(route->source, i % 7);
    }
    assert_true(n_found > N * 9 / 10);
    routes_done(&routes);
}

static void another_topic_with_the_same_hash_is_not_found(void **state)
{
    (void)state;
    static const char *const others[] = {
        "care/v1/s1/bed-1/telemetry",
        "care/v1/s1/bed-0/event",
        "care/v2/s1/bed-0/telemetry",
        "care/v1/s1/bed-0/telemetrx",
        "care/v1/s2/bed-0/telemetry",
        "care/v1/s1/bed-/0telemetry",
        "care/v1/s1x/bed-/telemetry",
        "care/v1/s1/bed-0x/telemetry",
        "",
    };
    struct routes routes = {.slot = NULL};
    struct registry registry = registry_of_many();
    route_keep(&routes, &registry, &devices[0], NO_SOURCE, 5);
    assert_non_null(route_find(&routes, &registry, CW_STR("care/v1/s1/bed-0/telemetry"), 5));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_null(route_find(&routes, &registry, str_of(others[i]), 5));
    routes_done(&routes);
}

static void events_and_telemetry_of_a_device_have_routes_of_their_own(void **state)
{
    (void)state;
    struct cw_str event = CW_STR("care/v1/s1/bed-0/event");
    struct cw_str telemetry = CW_STR("care/v1/s1/bed-0/telemetry");
    struct routes routes = {.slot = NULL};
    struct registry registry = registry_of_many();
    route_keep(&routes, &registry, &devices[0], EVENT_SOURCE, 5);
    assert_null(route_find(&routes, &registry, telemetry, 5));
    assert_null(route_find(&routes, &registry, CW_STR("care/v1/s1/bed-0/status"), 5));
    assert_null(route_find(&routes, &registry, CW_STR("care/v1/s1/bed-0/event "), 5));
    route_keep(&routes, &registry, &devices[0], 3, 5);
    assert_int_equal(route_find(&routes, &registry, event, 5)->source, EVENT_SOURCE);
    assert_int_equal(route_find(&routes, &registry, telemetry, 5)->source, 3);
    routes_done(&routes);
}

static void a_device_that_is_gone_or_renamed_is_not_found(void **state)
{
    (void)state;
    struct routes routes = {.slot = NULL};
    struct registry registry = registry_of_many();
    struct cw_str topic = CW_STR("care/v1/s1/bed-0/telemetry");
    route_keep(&routes, &registry, &devices[0], NO_SOURCE, 5);
    by_number[0] = NULL;
    assert_null(route_find(&routes, &registry, topic, 5));
    by_number[0] = &devices[0];
    assert_non_null(route_find(&routes, &registry, topic, 5));
    devices[0].id = "bed-x";
    assert_null(route_find(&routes, &registry, topic, 5));
    devices[0].id = ids[0];
    registry.n_devices = 0;
    assert_null(route_find(&routes, &registry, topic, 5));
    routes_done(&routes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_route_leads_to_its_device),
        cmocka_unit_test(another_topic_with_the_same_hash_is_not_found),
        cmocka_unit_test(events_and_telemetry_of_a_device_have_routes_of_their_own),
        cmocka_unit_test(a_device_that_is_gone_or_renamed_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
