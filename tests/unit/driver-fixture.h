/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The driver with a real QEMU under TCG. As in the daemon, the main thread runs the loop and calls
 * come from another thread. All these fail the test when something is not as it is to be. */
#pragma once

#include "conf/error.h"
#include "drivers/qemu/driver.h"

typedef struct _TestDriver TestDriver;

/* The body of a test, on its own thread. */
typedef void (*TestDriverFunc)(TestDriver *fixture);

struct _TestDriver {
    TestDriverFunc func;
    char *root;
    char *config_dir, *state_dir, *lib_dir, *log_dir;
    const char *cache_dir; /* that of all tests of the program: probing once is enough */
    VirtCpuHost *host;
    VirtCpuDriver *driver;
    GMainLoop *loop;
    GMutex lock;
    GCond changed;
    GString *events; /* "(4,0)(2,0)", under the lock */
    gboolean want_driver;
};

/* A test of a program. */
typedef struct {
    const char *name;
    TestDriverFunc func;
} TestDriverRow;

/* Run @count tests; what main() returns. */
int test_driver_main(int argc, char **argv, const TestDriverRow *rows, gsize count);

/* That of domain "d", which the functions below are about. */
extern const guint8 test_driver_uuid[VIRTCPU_UUID_BYTES];

/* A guest with a UUID like that one but for @last_digits, of <domain type=@type> (transfer full).
 */
char *test_driver_typed_xml(const char *type, const char *name, const char *last_digits,
                            const char *cpu);

/* The same under TCG (transfer full). */
char *test_driver_domain_xml(const char *name, const char *last_digits, const char *cpu);

/* Wait for exactly these events since the last call. */
void test_driver_assert_events(TestDriver *fixture, const char *expected);

/* Wait for the event @last; what was there until then, without REBOOTs after the first, which the
 * guest's firmware makes as it likes (transfer full). */
char *test_driver_events_until(TestDriver *fixture, const char *last);

/* As if the daemon were killed and started again. */
void test_driver_restart(TestDriver *fixture);

/* Define "d" with @cpu. */
void test_driver_define(TestDriver *fixture, const char *cpu);

/* Start it with @flags of VIRTCPU_START. */
void test_driver_start(TestDriver *fixture, unsigned flags);

/* End it. */
void test_driver_destroy(TestDriver *fixture);

/* "d" cannot be started: the error has @code and @words, and nothing runs. */
void test_driver_assert_start_fails(TestDriver *fixture, VirtCpuErrorCode code, const char *words);

/* Its document (transfer full). */
char *test_driver_xml(TestDriver *fixture, unsigned flags);

/* How it is; clear it with virtcpu_domain_info_clear(). */
VirtCpuDomainInfo test_driver_info(TestDriver *fixture);

/* It is in @state for @reason. */
void test_driver_assert_state(TestDriver *fixture, VirtCpuDomainState state, int reason);
