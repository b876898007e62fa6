/*
 * test_determinism.c - same journal, same bytes: transitions, lines, refusals, answers to
 * commands and the state at the end.
 *
 * The journal is three simulated days (sim_run.h): every kind of record, kills and reloads
 * among them. `faults_test_determinism digest` prints a digest of all of it, which
 * test_builds.sh compares between compilers.
 */
#include "faults/sim_run.h"

#define DAYS 3
#define N_RESTORES 1000

/* One fold over the journal, taken down and put up again where it is told to. */
struct playing {
    const struct sim *sim;
    struct flow flow;
    struct flow_rules *rules; /* both sets */
    uint32_t ruleset;
};

static void play_begin(struct playing *playing, struct sim *sim)
{
    *playing = (struct playing){.sim = sim, .rules = sim->rules};
    flow_init(&playing->flow, &sim->rules[0]);
}

static void play_restore(struct playing *playing)
{
    struct buf file;
    struct cw_error err = {""};
    flow_save(&playing->flow, &file);
    engine_free(playing->flow.engine);
    playing->flow.engine =
        engine_new(&playing->rules[playing->ruleset].set, &playing->flow.sink);
    if (flow_load(&playing->flow, &file, &err))
        fail_msg("%s", err.text);
    buf_done(&file);
}

static void play(struct playing *playing, uint32_t index)
{
    const struct record *record = &playing->sim->journal.record[index];
    engine_apply(playing->flow.engine, record, playing->sim->at[index]);
    if (record->kind == RECORD_CONFIG) {
        playing->ruleset = (uint32_t)(record->payload.p[0] - '0');
        engine_configure(playing->flow.engine, &playing->rules[playing->ruleset].set);
    }
}

/* Restored before about n_restores of the records, chosen by a seed. */
static void play_all(struct playing *playing, struct sim *sim, uint32_t n_restores)
{
    struct sim chance = {.random = 11};
    uint32_t n = 0;
    play_begin(playing, sim);
    for (uint32_t i = 0; i < sim->journal.n; i++) {
        if (sim_below(&chance, sim->journal.n) < n_restores) {
            play_restore(playing);
            n++;
        }
        play(playing, i);
    }
    assert_true(n >= n_restores * 8 / 10);
}

static void assert_same(const struct playing *a, const struct playing *b)
{
    struct buf state_a, state_b;
    flow_save(&a->flow, &state_a);
    flow_save(&b->flow, &state_b);
    assert_true(str_eq(buf_str(&a->flow.told), buf_str(&b->flow.told)));
    assert_true(str_eq(buf_str(&a->flow.lines), buf_str(&b->flow.lines)));
    assert_true(str_eq(buf_str(&state_a), buf_str(&state_b)));
    buf_done(&state_a);
    buf_done(&state_b);
}

static int make_journal(void **state)
{
    struct sim *sim = sim_new(5);
    sim_days(sim, DAYS);
    *state = sim;
    return 0;
}

static int drop_journal(void **state)
{
    sim_free(*state);
    return 0;
}

static void every_kind_of_record_is_in_the_journal(void **state)
{
    static const uint8_t kind[] = {RECORD_MESSAGE, RECORD_COMMAND, RECORD_CONFIG,
                                   RECORD_TICK,    RECORD_LINK,    RECORD_BOOT};
    const struct sim *sim = *state;
    for (size_t i = 0; i < sizeof(kind); i++) {
        uint32_t n = 0;
        while (n < sim->journal.n && sim->journal.record[n].kind != kind[i])
            n++;
        assert_true(n < sim->journal.n);
    }
}

static void two_replays_are_the_same_to_the_byte(void **state)
{
    struct playing one, two;
    play_all(&one, *state, 0);
    play_all(&two, *state, 0);
    assert_true(one.flow.told.n > 100000);
    assert_same(&one, &two);
    flow_done(&one.flow);
    flow_done(&two.flow);
}

static void restored_at_a_thousand_positions_nothing_changes(void **state)
{
    struct playing one, often;
    play_all(&one, *state, 0);
    play_all(&often, *state, N_RESTORES);
    assert_same(&one, &often);
    flow_done(&one.flow);
    flow_done(&often.flow);
}

static int print_digest(void)
{
    void *state;
    struct playing playing;
    struct buf file;
    (void)make_journal(&state);
    play_all(&playing, state, 0);
    flow_save(&playing.flow, &file);
    printf("told=%016llx lines=%016llx state=%016llx bytes=%zu\n",
           (unsigned long long)hash64(buf_str(&playing.flow.told), 0),
           (unsigned long long)hash64(buf_str(&playing.flow.lines), 0),
           (unsigned long long)hash64(buf_str(&file), 0), playing.flow.told.n);
    buf_done(&file);
    flow_done(&playing.flow);
    return drop_journal(&state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_record_is_in_the_journal),
        cmocka_unit_test(two_replays_are_the_same_to_the_byte),
        cmocka_unit_test(restored_at_a_thousand_positions_nothing_changes),
    };
    if (argc > 1 && strcmp(argv[1], "digest") == 0)
        return print_digest();
    return cmocka_run_group_tests(tests, make_journal, drop_journal);
}
