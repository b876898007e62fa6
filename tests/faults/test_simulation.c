/*
 * test_simulation.c - thirty days of a small city in a second: the whole core under a virtual
 * clock, with a daemon that is killed, cut off from power, restarted and reloaded by chance,
 * and everything checked at every record (sim_check.h).
 *
 *   faults_test_simulation           20 seeds (CAREWATCH_LONG=1: 200)
 *   faults_test_simulation SEED      that one, with its figures
 */
#include "faults/sim_run.h"

#define DAYS 30

static void sim_run(uint64_t seed, bool talk)
{
    struct sim *sim = sim_new(seed);
    const struct sim_check *check = sim->check;
    sim_days(sim, DAYS);
    sim_replay(sim, NULL); /* the whole journal in one go */
    if (talk)
        print_message(
            "seed %llu: %u records, %u calls, %u told (%llu raised, %llu late, "
            "%llu cleared, %llu acked), %u kills, %u power cuts, %u restarts, %u reloads\n",
            (unsigned long long)seed, sim->journal.n, sim->n_presses, check->n_told,
            (unsigned long long)check->n_raised, (unsigned long long)check->n_late,
            (unsigned long long)check->n_of[CHANGE_CLEARED], (unsigned long long)check->n_acks,
            sim->n_kills, sim->n_cuts, sim->n_restarts, sim->n_reloads);
    SIM_CHECK(sim, check->n_raised > 100 && check->n_acks > 50, "nothing happened");
    SIM_CHECK(sim, check->n_late > 0, "no late batch raised an alarm");
    for (uint32_t change = CHANGE_SHELVED; change <= CHANGE_UNSUPPRESSED; change++)
        SIM_CHECK(sim, check->n_of[change] > 0, "nothing was %s", alarm_change_name(change));
    SIM_CHECK(sim, check->n_raised_aside > 0, "nothing was raised aside");
    sim_free(sim);
}

static uint64_t only_seed;

static void thirty_days_of_faults_break_no_promise(void **state)
{
    (void)state;
    uint64_t n = getenv("CAREWATCH_LONG") ? 200 : 20;
    for (uint64_t seed = 1; seed <= n && !only_seed; seed++)
        sim_run(seed, false);
    if (only_seed)
        sim_run(only_seed, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thirty_days_of_faults_break_no_promise),
    };
    only_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
