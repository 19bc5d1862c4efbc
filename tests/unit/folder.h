/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The temporary folder of a test. */
#pragma once

/* Make an empty folder (transfer full). It goes with this process, however that ends: a test that
 * aborts leaves nothing behind. */
char *test_folder_new(void);

/* Remove @path and all below it; a link is removed, not followed. Nothing is said of what is not
 * there. */
void test_folder_remove(const char *path);
