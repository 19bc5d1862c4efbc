/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The temporary folder of a test. */
#pragma once

/* Remove @path and all below it; a link is removed, not followed. Nothing is said of what is not
 * there. */
void test_folder_remove(const char *path);
