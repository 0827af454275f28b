ALTER ROLE mi_bench RESET log_statement
