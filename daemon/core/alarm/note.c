/*
 * note.c - the sentences both ways.
 */
#include "core/alarm/note.h"

#include "base/num.h"

static const struct {
    const char *code, *text;
} notes[N_NOTES] = {
#define NOTE_ROW(name, code, sentence) [NOTE_##name] = {code, sentence},
    NOTES(NOTE_ROW)
#undef NOTE_ROW
};

const char *note_text(enum note_code code)
{
    return notes[code].text;
}

static bool begins(struct cw_str *rest, const char *word)
{
    struct cw_str start = str_of(word);
    if (!str_starts(*rest, word))
        return false;
    *rest = (struct cw_str){rest->p + start.n, rest->n - start.n};
    return true;
}

/* As NOTE_STEP writes it. */
static bool read_step(struct cw_str note, struct cw_str arg[3])
{
    struct cw_str rest = note;
    uint64_t number;
    if (!begins(&rest, "step ") || !str_split(&rest, ' ', &arg[0]) ||
        num_parse_u64(arg[0], &number) < 0 || !begins(&rest, "of ") ||
        !str_split(&rest, ':', &arg[1]))
        return false;
    (void)begins(&rest, " ");
    arg[2] = rest;
    return true;
}

static void say(const char *code, const struct cw_str *arg, size_t n, struct json_out *out)
{
    json_member_text(out, "code", str_of(code));
    json_key(out, "args");
    json_array(out);
    for (size_t i = 0; i < n; i++)
        json_text(out, arg[i]);
    json_array_end(out);
}

void note_json(struct cw_str note, struct json_out *out)
{
    struct cw_str arg[3];
    if (read_step(note, arg)) {
        say("step", arg, 3, out);
        return;
    }
    for (size_t i = 0; i < N_NOTES; i++) {
        if (str_is(note, notes[i].text)) {
            say(notes[i].code, NULL, 0, out);
            return;
        }
    }
}
