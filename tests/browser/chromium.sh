#!/bin/sh
# Starts the browser in CHROMIUM_PATH without the two pages that a full Chromium loads into each window for the
# suggestions below its address bar: nobody sees them, and together they take longer than the page that is tested.
# Playwright disables features too, and of two such lists the last one counts: so these are added to its own.
for argument do
  shift
  case $argument in
    --disable-features=*) argument=$argument,WebUIOmniboxPopup,WebUIOmniboxAimPopup ;;
  esac
  set -- "$@" "$argument"
done
exec "$CHROMIUM_PATH" "$@"
