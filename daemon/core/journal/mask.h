/*
 * mask.h - words that may not stay are overwritten inside a payload at equal length, so that
 * no position changes, a document stays a document and the fold reads the same. Pure.
 *
 * Free text about the person (a note, a reason, what somebody told) goes whole; what the fold
 * has of it, a command makes it forget. A name is looked for everywhere, raw and as JSON
 * escapes, but not in keys, and not in the middle of another word.
 */
#ifndef CORE_JOURNAL_MASK_H
#define CORE_JOURNAL_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carewatch/str.h>

/* Words with all their spellings. */
#define MAX_MASK_WORDS 64
struct mask_words {
    char *word[3 * MAX_MASK_WORDS];
    uint32_t n, n_words; /* spellings; the words they are of */
    uint32_t n_short;    /* refused: too short to be looked for */
};

/* Adds the word, and how JSON may have escaped it; once. A word of less than two characters, or
 * of less than four bytes, is counted as too short: it would be found in everything. */
void mask_words_add(struct mask_words *words, struct cw_str word);
void mask_words_done(struct mask_words *words);
/* Is one of them in the bytes? */
bool mask_words_in(const struct mask_words *words, struct cw_str text);
/* Overwrites them; the number of places. */
uint32_t mask_words_out(const struct mask_words *words, char *p, size_t n);
/* Overwrites the values of "note", "reason", "text" and the like of a JSON text. */
uint32_t mask_free_text(char *p, size_t n);
/* Is `value` the text of one of the document's members, as in "alarm":"VALUE"? */
bool mask_mentions(struct cw_str json, const char *key, struct cw_str value);

#endif
