"""What a job writes: answers as columns, files, and the folder that tells what is done."""
