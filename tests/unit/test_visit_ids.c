/*
 * test_visit_ids.c - every visit is found by its id, of however many sites, while they come
 * and go.
 */
#include "core/service/visit_ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/service/visit.h"

#define N 2000u /* of which three each have one id */

static uint32_t n_of(const struct visit_ids *ids, uint32_t i)
{
    char id[MAX_ID + 1];
    uint32_t n = 0;
    (void)snprintf(id, sizeof(id), "v-%u", i / 3);
    for (struct visit *it = NULL; (it = visit_ids_next(ids, str_of(id), it)); n++)
        assert_string_equal(it->id, id);
    return n;
}

static void visits_are_found_by_their_id(void **state)
{
    (void)state;
    struct visit_ids ids = {0};
    struct visit *visit = calloc(N, sizeof(*visit));
    assert_null(visit_ids_next(&ids, CW_STR("v-1"), NULL));
    for (uint32_t i = 0; i < N; i++) {
        (void)snprintf(visit[i].id, sizeof(visit[i].id), "v-%u", i / 3);
        visit_ids_add(&ids, &visit[i]);
        assert_int_equal(n_of(&ids, i), i % 3 + 1);
    }
    assert_null(visit_ids_next(&ids, CW_STR("v-"), NULL));
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(n_of(&ids, i), i / 3 == (N - 1) / 3 ? (N - 1) % 3 + 1 : 3);
    for (uint32_t i = 1; i < N; i += 3)
        visit_ids_remove(&ids, &visit[i]);
    assert_int_equal(n_of(&ids, 0), 2);
    for (uint32_t i = 0; i < N; i++) {
        if (i % 3 != 1)
            visit_ids_remove(&ids, &visit[i]);
        assert_true(n_of(&ids, i) < 2);
    }
    assert_int_equal(ids.n, 0);
    visit_ids_done(&ids);
    free(visit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(visits_are_found_by_their_id)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
