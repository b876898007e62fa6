/*
 * contact.h - what a telephone number and a mail address look like, so that neither brings
 * anything else along to where it is written: a header, a URL, a message.
 */
#ifndef BASE_CONTACT_H
#define BASE_CONTACT_H

#include <stdbool.h>

#include "base/str.h"

#define MAX_PHONE 32
#define MAX_EMAIL 254

/* Three digits at least, a '+' only in front, blanks and dashes between. */
bool contact_is_phone(struct cw_str text);
/* "a@b" of characters that need no quotes in a header or an envelope (RFC 5321, 5322). */
bool contact_is_email(struct cw_str text);

#endif
