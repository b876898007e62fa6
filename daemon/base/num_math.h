/*
 * num_math.h - logarithm and exponential of base two from additions and products alone, so
 * that every machine and compiler gives the same bits (the C library's may differ by one).
 */
#ifndef BASE_NUM_MATH_H
#define BASE_NUM_MATH_H

/* Absolute error below 4e-11. 0, negatives and NAN give -1100, which is below the logarithm
 * of the smallest double; infinity gives 1024. */
double num_log2(double x);
/* The same of each of n, the same bits, in less than half the time. */
void num_log2_all(const double *x, double *log2, unsigned n);
/* Relative error below 1e-11 for -1022 <= x < 1024; below that 0, from there on DBL_MAX, for
 * NAN 0. */
double num_exp2(double x);

#endif
