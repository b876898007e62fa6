/*
 * uscc.h - the 18-character unified social credit code (GB 32100-2015) of an organisation.
 */
#ifndef BASE_USCC_H
#define BASE_USCC_H

#include <stdbool.h>

#include <carewatch/str.h>

#define USCC_LENGTH 18u

/* Its letters are allowed ones and its last is the check digit of the others. */
bool uscc_valid(struct cw_str code);
/* The check digit of the first 17; 0 when they hold a letter that may not be there. */
char uscc_check_digit(struct cw_str code);

#endif
