/*
 * rule_script_private.h - between rule_script.c (lines, messages) and rule_script_command.c.
 */
#ifndef RULE_SCRIPT_PRIVATE_H
#define RULE_SCRIPT_PRIVATE_H

#include "base/json_out.h"
#include "base/str.h"
#include "cli/rule_script.h"

#define MAX_PAYLOAD_BYTES 65536u

/* What is known while a line is read. */
struct line {
    struct script_test *test; /* NULL before the first */
    struct script *script;
    struct cw_str rest;
    struct cw_error *err;
    unsigned number;
};

/* -EINVAL: the line should have had `what`, and had the word (which may be empty). */
int line_wrong(const struct line *line, const char *what, struct cw_str word);
/* The next word, or the empty one. */
struct cw_str line_word(struct line *line);
/* NAME=VALUE as a member; "+2h" and "-10m" are moments around at_ns. */
int line_member(struct line *line, struct json_out *out, struct cw_str member, int64_t at_ns);
/* A record of the test, `at_ns` behind its start. Keeps copies. */
int line_step(struct line *line, int64_t at_ns, uint8_t kind, struct cw_str topic,
              struct cw_str payload);

bool line_is_command(struct cw_str name);
/* What stands behind "at TIME NAME". */
int line_command(struct line *line, int64_t at_ns, struct cw_str name);

#endif
