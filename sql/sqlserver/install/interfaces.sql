-- The catalogue of transactions as the database sees it.
EXEC dbo.sp_mi_sync_interfaces N'{{interfaces}}';
GO

-- the end of the script: undoes the guard's NOEXEC
SET NOEXEC OFF;
