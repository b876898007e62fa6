/*
 * steps.c - see steps.h: words between blanks.
 */
#include "steps.h"

#include <errno.h>

#include "base/num.h"
#include "base/units.h"

static int read_times(struct step *step, struct cw_str word, struct cw_error *err)
{
    int64_t n;
    word.p++;
    word.n--;
    if (num_parse_i64(word, &n) != 0 || n < 2 || n > MAX_TIMES)
        return err_set(err, -EINVAL, "\"x%.*s\" is not x2 to x%d.", (int)utf8_cut(word, 20),
                       word.p, MAX_TIMES);
    step->times = (uint8_t)n;
    return 0;
}

static int read_word(struct step *step, struct cw_str word, struct cw_str *rest,
                     struct cw_error *err)
{
    struct cw_str time;
    int64_t *into = str_is(word, "for") ? &step->for_ns : &step->within_ns;
    if (word.n > 1 && word.p[0] == 'x')
        return read_times(step, word, err);
    if (!str_is(word, "for") && !str_is(word, "within"))
        return err_set(err, -EINVAL, "\"%.*s\" says nothing here: xN, for TIME, within TIME.",
                       (int)utf8_cut(word, 40), word.p);
    if (!str_split(rest, ' ', &time))
        return err_set(err, -EINVAL, "A time is missing behind \"%.*s\".", (int)word.n, word.p);
    int ret = duration_parse(time, into, err);
    if (ret == 0 && *into <= 0)
        return err_set(err, -EINVAL, "The time behind \"%.*s\" must be more than 0.",
                       (int)word.n, word.p);
    return ret;
}

/* What does not go together. */
static int check(const struct step *step, bool first, const struct term *term,
                 struct cw_error *err)
{
    if (first && step->is_no)
        return err_set(err, -EINVAL, "The first step cannot be a \"no\".");
    if (step->is_no && (step->for_ns == 0 || step->times > 1))
        return err_set(err, -EINVAL, "A \"no\" needs \"for TIME\", and no xN.");
    if (step->is_no && step->within_ns && step->within_ns < step->for_ns)
        return err_set(err, -EINVAL, "\"within\" must not be less than \"for\".");
    if (step->times > 1 && (step->within_ns == 0 || step->for_ns))
        return err_set(err, -EINVAL, "xN needs \"within TIME\", and no \"for\".");
    if (first && step->within_ns && step->times == 1)
        return err_set(err, -EINVAL, "\"within\" in the first step needs xN.");
    if (step->for_ns && !step->is_no &&
        (term->kind == TERM_EVENT || term->kind == TERM_ANY || term->kind == TERM_CHANGED))
        return err_set(err, -EINVAL,
                       "An event or a change does not last: \"for\" needs a value.");
    return 0;
}

int step_parse(struct step *step, bool first, struct term_set *terms, struct cw_str text,
               struct cw_error *err)
{
    struct cw_str rest = text, word;
    *step = (struct step){.times = 1};
    (void)str_split(&rest, ' ', &word);
    if (str_is(word, "no")) {
        step->is_no = true;
        if (!str_split(&rest, ' ', &word))
            return err_set(err, -EINVAL, "A condition is missing behind \"no\".");
    }
    int term = term_set_add(terms, word, err);
    if (term < 0)
        return term;
    step->term = (uint8_t)term;
    while (str_split(&rest, ' ', &word)) {
        int ret = word.n ? read_word(step, word, &rest, err) : 0;
        if (ret)
            return ret;
    }
    return check(step, first, &terms->term[term], err);
}
