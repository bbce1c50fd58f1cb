#include "weft/weft.h"
