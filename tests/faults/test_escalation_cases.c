/*
 * test_escalation_cases.c - ten thousand alarms that nobody answers in time, under a clock that
 * ticks once a second and kills by chance: every step of every chain comes within a second of
 * when it is owed, and none behind the act of a person.
 */
#include "unit/life_bench.h"

#define N_CASES 10000

struct simulated {
    int64_t raised_ns, acted_ns; /* acted_ns 0: nobody yet */
    uint32_t n_seen;
};

static uint64_t random_next(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct deadline_check {
    struct life *life;
    struct simulated *of;
    uint64_t n_steps;
    int64_t worst_ns;
};

/* When the n-th step was owed: 1m, 3m, then every 5m. */
static int64_t owed_ns(const struct simulated *of, uint32_t n)
{
    return of->raised_ns + (n == 0 ? MIN : 3 * MIN + (n - 1) * 5 * MIN);
}

static void check_deadline(void *ctx, const struct transition *t)
{
    struct deadline_check *check = ctx;
    if (t->change != CHANGE_ESCALATED)
        return;
    struct simulated *of = &check->of[strtoul(t->alarm->device, NULL, 10)];
    int64_t off_ns = t->at_ns - owed_ns(of, of->n_seen++);
    assert_int_equal(of->acted_ns, 0); /* nothing comes behind the act */
    if (off_ns < 0)
        off_ns = -off_ns;
    check->worst_ns = off_ns > check->worst_ns ? off_ns : check->worst_ns;
    check->n_steps++;
}

/* Time moves with the ticks, once a second at most, as in the daemon. */
static void tick_upto(struct life *life, int64_t since_ns)
{
    while (life->fold.now_ns < T0 + since_ns) {
        int64_t next_ns = life->fold.now_ns - T0 + S;
        life_at(life, next_ns < since_ns ? next_ns : since_ns);
    }
}

static void ten_thousand_cases_miss_no_deadline(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct simulated *of = xcalloc(N_CASES, sizeof(*of));
    struct deadline_check check = {.life = life, .of = of};
    uint64_t seed = 1;
    uint32_t n_kills = 0, n_acted = 0;
    (void)life_chain(life);
    life->sink = (struct engine_sink){.ctx = &check, .transition = check_deadline};
    for (uint32_t i = 0; i < N_CASES; i++) {
        char device[16], key[64];
        tick_upto(life, (int64_t)i * 500 * NS_PER_MS);
        (void)snprintf(device, sizeof(device), "%u", i);
        of[i].raised_ns = life->fold.now_ns;
        life_raise_at(life, HR_HIGH, "s1", device, device);
        /* Somebody answers one of the last thousand, most of them in time. */
        uint32_t answered = i - (uint32_t)(random_next(&seed) % (i < 1000 ? i + 1 : 1000));
        (void)snprintf(key, sizeof(key), "s1/%u/%u", answered, answered);
        struct alarm *alarm = alarm_open(&life->fold.alarms, CW_STR("hr-high"), str_of(key));
        if (alarm && alarm->state == ALARM_UNACK) {
            assert_int_equal(life_ack(life, alarm, "li"), 0);
            of[answered].acted_ns = life->fold.now_ns;
            n_acted++;
        }
        if (random_next(&seed) % 250 == 0) {
            life_kill(life);
            n_kills++;
        }
    }
    tick_upto(life, N_CASES / 2 * S + 20 * MIN);
    for (uint32_t i = 0; i < N_CASES; i++) {
        int64_t upto_ns = of[i].acted_ns ? of[i].acted_ns : life->fold.now_ns;
        if (owed_ns(&of[i], of[i].n_seen) <= upto_ns - S)
            fail_msg("case %u: step %u was missed", i, of[i].n_seen);
    }
    assert_true(check.n_steps > N_CASES && n_kills > 20 && n_acted > N_CASES / 2);
    assert_true(check.worst_ns <= S);
    print_message("%d cases, %llu steps, %u answered, %u kills, worst %lld ms\n", N_CASES,
                  (unsigned long long)check.n_steps, n_acted, n_kills,
                  (long long)(check.worst_ns / NS_PER_MS));
    free(of);
    life_free(life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_cases_miss_no_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
