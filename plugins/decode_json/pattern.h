/*
 * pattern.h - documents that differ in nothing but their values, as a device sends them for
 * years: read without looking for tokens.
 *
 *     {"ts":1763865851000,"hr":72,"unit":"b-12"}       a document that was read and taken
 *     ------             ------  ---------    --       its literals: compared as they are
 *           t................ n.           s...        its values: by type
 *
 * A literal is all that lies between two values. So what matches is JSON, has names that are
 * valid and differ, and names the same fields in the same order: all that was found out when
 * the pattern was learned. Whatever does not match to the last byte, or holds a value that is
 * out of the ordinary (an exponent, an escape, a text that is not ASCII), is read by the token
 * cursor as if there were no patterns: they never refuse, and nobody can tell them by the
 * outcome.
 */
#ifndef PLUGINS_DECODE_JSON_PATTERN_H
#define PLUGINS_DECODE_JSON_PATTERN_H

#include "reader.h"

namespace json
{

struct patterns;

struct patterns *patterns_new();
void patterns_free(struct patterns *patterns);
/* The payload by the pattern of that number, which becomes batch->pattern. False: it is not
 * like that, and the batch is void. */
bool pattern_read(struct patterns *patterns, uint64_t number, struct cw_str payload,
                  struct cw_batch *batch);
/* The number of the pattern that the document has, learned when it is new; 0: it can have
 * none. `at` to `end`: the starts of its tokens; it was read without a refusal. */
uint64_t pattern_of(struct patterns *patterns, struct cw_str payload, const uint32_t *at,
                    const uint32_t *end);

} // namespace json

#endif
