/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A script that is installed as a QEMU in a folder of its own. */
#pragma once

#include <sys/types.h>

/* How a script begins that notes each of its starts. */
#define TEST_FAKE_QEMU_COUNTS "#!/bin/sh\necho started >> \"$(dirname \"$0\")/runs\"\n"

/* All owned. */
typedef struct {
    char *folder;
    char *binary; /* folder/qemu-system-x86_64 */
} TestFakeQemu;

/* Make the folder with @script in it. */
void test_fake_qemu_init(TestFakeQemu *fake, const char *script);

/* Put @script in its place, with rights @mode. */
void test_fake_qemu_replace(const TestFakeQemu *fake, const char *script, mode_t mode);

/* How often scripts that count were started. */
unsigned test_fake_qemu_runs(const TestFakeQemu *fake);

/* Remove all of it. */
void test_fake_qemu_clear(TestFakeQemu *fake);
