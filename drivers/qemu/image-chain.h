/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files behind a disk image. */
#pragma once

#include <glib.h>

/* Add to @paths (of char *) the backing file of image @path, and that one's, as far as they are
 * files of the host. What an image says is a guest's word: every length is bounded, and so is the
 * number of files. @format: "raw" has none, "qcow2" may have. Any thread; reads the files. */
void virtcpu_image_chain(const char *path, const char *format, GPtrArray *paths);
