/*
 * store_names.h - the one table that knows who a pseudonym is: name, telephone, contacts.
 *
 *   store.db        site, resident, text sealed with the resident's own key     (backups: yes)
 *   store.db.keys   site, resident, key                                         (backups: no)
 *
 * The keys lie in a file of their own, which `store backup` does not copy: when a key is
 * destroyed, the name is gone from every backup of the store as well.
 */
#ifndef IO_STORE_NAMES_H
#define IO_STORE_NAMES_H

#include "core/journal/mask.h"
#include "io/store.h"

#define NAME_KEYS_ENDING ".keys"
/* Instead of a site, which it cannot be: telephone and mail of who is on duty, by person. */
#define NAMES_OF_DUTY "~duty"
#define MAX_NAME_BYTES 8192u

/* At the start, before the loop runs: the keys are sealed with `now` from here on, a key of 32
 * bytes in hexadecimal, or lie as they are (NULL). Those that are sealed with `before`, or not
 * at all, are sealed anew, all or none. -EACCES with err: some open with neither. */
int store_keys_seal(struct store *store, const char *now_hex, const char *before_hex,
                    struct cw_error *err);
/* Seals and keeps the text (JSON); `kept` is called on the loop when it is committed. */
void store_name_set(struct store *store, const char *site, const char *resident,
                    struct cw_str text, void (*kept)(void *ctx), void *ctx);
/* The text; empty when there is none. Borrowed. `was_read` is 0 when the store cannot tell. */
void store_name_get(struct store *store, const char *site, const char *resident,
                    void (*answer)(void *ctx, struct cw_str text, uint64_t was_read),
                    void *ctx);
/* Name and key are destroyed, in every file of the store. `n` is 1, or 0: there was none. */
void store_name_forget(struct store *store, const char *site, const char *resident,
                       void (*answer)(void *ctx, struct cw_str none, uint64_t n), void *ctx);
/* All that the store has of the resident: {"alarms":[..],"history":[..]} without braces. */
void store_resident_export(struct store *store, const char *site, const char *resident,
                           void (*answer)(void *ctx, struct cw_str members, uint64_t was_read),
                           void *ctx);
/* The ids of the resident's alarms, by space. */
void store_resident_alarms(struct store *store, const char *site, const char *resident,
                           void (*answer)(void *ctx, struct cw_str ids, uint64_t was_read),
                           void *ctx);
/* Erases: free text of the resident's alarms, the words wherever they stand, name and key.
 * Answered when nothing of it is left in any file of the store; `next` counts the rows. Keeps
 * a copy of `words`. */
void store_resident_erase(struct store *store, const char *site, const char *resident,
                          const struct mask_words *words,
                          void (*answer)(void *ctx, struct cw_str none, uint64_t n), void *ctx);
/* The same on a copy of the store that nobody uses (a backup). Blocking. The number of rows,
 * or negative with err. */
int64_t store_copy_erase(const char *path, const char *site, const char *resident,
                         const struct mask_words *words, struct cw_error *err);

#endif
