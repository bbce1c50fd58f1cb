/* weft: an open collective communication runtime. The C API, by chapters. SPDX-License-Identifier: Apache-2.0 */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

#include <weft/collectives.h>
#include <weft/config.h>
#include <weft/derive.h>
#include <weft/faults.h>
#include <weft/init.h>
#include <weft/memory.h>
#include <weft/result.h>
#include <weft/types.h>

#endif
