# Times as they come. Use: jq -L "$INFRA/lib", and in the program: include "time";
# In seconds: of AWS CLI 2 a time is text, of 1 it is seconds for some services.
def instant: if type == "number" then floor else .[:19] + "Z" | fromdate end;
