/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How long whatever is bound to come may take: how busy a machine is says nothing about the code.
 */
#define TEST_PATIENCE_MS 60000
#define TEST_PATIENCE_US (TEST_PATIENCE_MS * G_TIME_SPAN_MILLISECOND)
